import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeTempDir, type TempDir } from '../support/test-gateway.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

interface Break {
  readonly coordinate: string;
  readonly description: string;
}

type FindUntoldBreaks = (base: string, current: string, changelog: string, baseVersion?: string | null) => Break[];

// The compiler is not told about the project's own scripts.
const script = '../../scripts/untold-breaks.mjs';
const { findUntoldBreaks } = (await import(script)) as { findUntoldBreaks: FindUntoldBreaks };

const base = `
  directive @slow(afterMs: Int) repeatable on FIELD | QUERY
  scalar DateTime
  interface Node { id: ID! }
  type Query { viewer(token: String): Viewer found: Found }
  type Viewer implements Node { id: ID! openid: ID! unionid: ID platform: Platform! since: DateTime }
  type Shop { name: String }
  union Found = Viewer | Shop
  enum Platform { WECHAT ALIPAY }
  input LoginInput { code: String! appid: ID }
  type Mutation { login(input: LoginInput!): Viewer logout(everywhere: Boolean): Boolean }
`;

const untold = (current: string, changelog = '') =>
  findUntoldBreaks(base, current, changelog).map(({ coordinate }) => coordinate);

const changed = (from: string, to: string) => {
  expect(base).toContain(from);
  return base.replace(from, to);
};

describe('a breaking change of the schema', () => {
  test.each([
    ['a removed field', ' openid: ID!', '', ['Viewer.openid']],
    ['a field of another type', 'openid: ID!', 'openid: String!', ['Viewer.openid']],
    ['a field that may be null now', 'openid: ID!', 'openid: ID', ['Viewer.openid']],
    ['a new argument that is required', 'login(input', 'login(app: ID! input', ['Mutation.login(app:)']],
    ['a removed argument', '(everywhere: Boolean)', '', ['Mutation.logout(everywhere:)']],
    ['an argument of another type', 'everywhere: Boolean', 'everywhere: Int', ['Mutation.logout(everywhere:)']],
    ['an argument that is required now', 'token: String', 'token: String!', ['Query.viewer(token:)']],
    ['a new input field that is required', 'appid: ID', 'appid: ID tenant: ID!', ['LoginInput.tenant']],
    ['a removed input field', ' appid: ID', '', ['LoginInput.appid']],
    ['a removed enum value', ' ALIPAY', '', ['Platform.ALIPAY']],
    ['a type that left a union', 'Viewer | Shop', 'Viewer', ['Found.Shop']],
    ['an interface that is no longer implemented', ' implements Node', '', ['Viewer']],
    ['a type of another kind', 'enum Platform { WECHAT ALIPAY }', 'scalar Platform', ['Platform']],
    ['a directive without its argument', '(afterMs: Int)', '', ['@slow(afterMs:)']],
    ['a new argument of a directive', 'afterMs: Int', 'afterMs: Int name: ID!', ['@slow(name:)']],
    ['a directive that may not be repeated now', ' repeatable', '', ['@slow']],
    ['a directive that lost a place', ' | QUERY', '', ['@slow']],
  ])('is found: %s', (_, from, to, coordinates) => {
    expect(untold(changed(from, to))).toEqual(coordinates);
  });

  test('is found: a removed type, with the field that had it', () => {
    const current = changed('scalar DateTime', '').replace(' since: DateTime', '');
    expect(untold(current)).toEqual(['DateTime', 'Viewer.since']);
  });

  test('is found: a removed directive', () => {
    expect(untold(base.replace(/directive.*/, ''))).toEqual(['@slow']);
  });

  test('is neither an addition nor, by itself, a scalar of GraphQL that nothing uses any more', () => {
    expect(
      untold(changed('appid: ID', 'appid: ID tenant: ID').replace('openid: ID!', 'openid: ID! name: String')),
    ).toEqual([]);
    const withInt = 'type Query { a: Int b: String }';
    expect(findUntoldBreaks(withInt, 'type Query { b: String }', '').map(({ coordinate }) => coordinate)).toEqual([
      'Query.a',
    ]);
  });
});

describe('the changelog', () => {
  const current = changed(' openid: ID!', '').replace(' ALIPAY', '');
  const both = '- `Viewer.openid` is gone: ask `user { id }`.\n- `Platform.ALIPAY` is gone.';

  test('tells a break by its coordinate in backticks, under Breaking, in the section Unreleased', () => {
    expect(untold(current, `# Changelog\n\n## [Unreleased]\n\n### Breaking\n\n${both}\n\n### Added\n`)).toEqual([]);
    expect(untold(current, `## [Unreleased]\r\n### Breaking\r\n${both.replaceAll('\n', '\r\n')}\r\n`)).toEqual([]);
  });

  test('tells only what it names', () => {
    const one = '## [Unreleased]\n### Breaking\n- `Viewer.openid` is gone.';
    expect(untold(current, one)).toEqual(['Platform.ALIPAY']);
  });

  test.each([
    ['without backticks', `## [Unreleased]\n### Breaking\n${both.replaceAll('`', '')}`],
    ['under another heading', `## [Unreleased]\n### Breaking\n### Removed\n${both}`],
    ['under no heading', `## [Unreleased]\n${both}\n### Breaking\n`],
    ['in the section of a version', `## [Unreleased]\n### Breaking\n\n## [1.0.0]\n### Breaking\n${both}`],
    ['before any section', `### Breaking\n${both}\n## [Unreleased]\n`],
    ['by a part of the coordinate', '## [Unreleased]\n### Breaking\n- `Viewer` and `openid`, `Platform` and `ALIPAY`'],
  ])('tells nothing %s', (_, changelog) => {
    expect(untold(current, changelog)).toEqual(['Platform.ALIPAY', 'Viewer.openid']);
  });

  test('tells a break in a version that is being released, but not in the one it is compared with or older ones', () => {
    const sections = (version: string) => `## [Unreleased]\n\n## [${version}]\n### Breaking\n${both}\n## [0.9.0]\n`;
    const count = (changelog: string) => findUntoldBreaks(base, current, changelog, '1.0.0').length;
    expect(count(sections('1.1.0'))).toBe(0);
    expect(count(sections('1.0.0'))).toBe(2);
    expect(count(`## [1.0.0]\n\n${sections('0.9.5')}`)).toBe(2);
  });
});

test('schema.graphql breaks nothing of the last release that CHANGELOG.md does not tell', () => {
  const lastRelease = read('test/contract/schema.base.graphql');
  expect(findUntoldBreaks(lastRelease, read('schema.graphql'), read('CHANGELOG.md'))).toEqual([]);
});

describe('npm run breaking-changes', () => {
  let project: TempDir;
  const write = (file: string, text: string) => writeFileSync(path.join(project.path, file), text);
  // Neither this repository, even where temporary folders lie inside it, nor what its developer has told git.
  const env = () => ({
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
    GIT_CEILING_DIRECTORIES: path.dirname(project.path),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: path.join(project.path, 'no-such-file'),
  });
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=tester', '-c', 'user.email=tester@localhost', ...args], {
      cwd: project.path,
      stdio: 'pipe',
      timeout: 60_000,
      env: env(),
    });
  const check = () => {
    const file = path.join(project.path, 'scripts', 'breaking-changes.mjs');
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
      encoding: 'utf8',
      timeout: 60_000,
      env: env(),
    });
    return { status, stdout, stderr };
  };

  beforeAll(() => {
    project = makeTempDir();
    cpSync(path.join(root, 'scripts'), path.join(project.path, 'scripts'), { recursive: true });
    symlinkSync(path.join(root, 'node_modules'), path.join(project.path, 'node_modules'), 'junction');
    cpSync(path.join(root, 'test', 'contract'), path.join(project.path, 'test', 'contract'), { recursive: true });
    write('package.json', '{ "type": "module" }');
    write('CHANGELOG.md', '## [Unreleased]\n');
    write('schema.graphql', changed(' openid: ID!', ''));
    write('test/contract/schema.base.graphql', base);
  });

  afterAll(() => project?.remove());

  test('compares with the kept schema where there is no git, and names what to write where', () => {
    const { status, stdout, stderr } = check();
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('test/contract/schema.base.graphql:\n  `Viewer.openid`: Viewer.openid was removed.\n');
    expect(stderr).toContain('CHANGELOG.md');
    expect(stderr).toContain('### Breaking');
  });

  test('passes what the changelog tells', () => {
    write('CHANGELOG.md', '## [Unreleased]\n### Breaking\n- `Viewer.openid` is gone.\n');
    expect(check()).toEqual({
      status: 0,
      stdout: expect.stringContaining('schema.base.graphql'),
      stderr: '',
    });
  });

  test('compares with the last release that is tagged on this branch, and not with other tags', () => {
    write('test/contract/schema.base.graphql', 'type Query { kept: String }');
    git('init', '--quiet');
    git('add', 'schema.graphql', 'CHANGELOG.md');
    git('commit', '--quiet', '--message', 'release');
    git('tag', 'v1.0.0');
    write('schema.graphql', 'type Query { kept: String }');
    git('commit', '--quiet', '--all', '--message', 'change');
    git('tag', 'nightly');
    write('CHANGELOG.md', '## [Unreleased]\n');
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toContain('written for v1.0.0:\n');
    expect(stderr).toContain('`Query.viewer`');

    write('schema.graphql', changed(' openid: ID!', ''));
    expect(check()).toEqual({ status: 0, stdout: expect.stringContaining('nothing of v1.0.0'), stderr: '' });
  });
});
