import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { composeDocuments } from '../../src/compose-documents.js';
import { loadConfig } from '../../src/config.js';
import { buildGatewaySchema } from '../../src/graphql/schema.js';
import { readTextFile } from '../../src/read-text-file.js';
import { makeTempDir, type TempDir } from '../support/test-gateway.js';
import { linkBuilt, runTsc } from './compile-fixtures.js';
import { type Snippet, snippetsOf } from './snippets.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string) => readFileSync(path.join(root, file), 'utf8').replaceAll('\r\n', '\n');

const docs = readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md'));
const inDocs = docs.flatMap((name) => snippetsOf(`docs/${name}`, read(`docs/${name}`)));
// The READMEs have what runs in a mini-program, too.
const inReadmes = ['README.md', 'README.zh-CN.md']
  .flatMap((name) => snippetsOf(name, read(name)))
  .filter(({ source }) => source.includes("from 'menjin"));

/** Resolver types are made by a plugin that this project does not install. */
const isOfResolverTypes = ({ source }: Snippet) => /typescript-resolvers|generated\/resolvers/.test(source);

const code = [...inDocs, ...inReadmes]
  .filter(({ language }) => language === 'ts' || language === 'js')
  .filter((snippet) => !isOfResolverTypes(snippet))
  .map((snippet, index) => ({ ...snippet, file: snippet.file ?? `snippet-${index}.${snippet.language}` }));

const ofCodegen = inDocs.filter(({ place }) => place.startsWith('docs/codegen.md'));
const generators = ofCodegen.filter((each) => each.language === 'yaml' && !isOfResolverTypes(each));
const operations = ofCodegen.filter(({ language }) => language === 'graphql').map(({ source }) => source);

/** The mini-program's configuration, with what trusted-documents.md adds to it. */
const ofTrusted = inDocs.find(
  ({ place, language }) => place.startsWith('docs/trusted-documents.md') && language === 'yaml',
);
const preset = /^ {4}preset: client\n {4}presetConfig:\n(?: {6,}.*\n)+/m;
/** Beside what it says, in one run. */
function withTrusted(source: string): string {
  const [, miniprogram = ''] = source.split('generates:\n');
  const trusted = miniprogram.replace('./miniprogram/generated/', './trusted/');
  return `${source}${trusted.replace(preset, ofTrusted?.source ?? '')}`;
}

// What library.md tells a consumer to write, and no more than a check needs.
const told = inDocs.find(({ place, language }) => place.startsWith('docs/library.md') && language === 'json')?.source;
const { compilerOptions } = JSON.parse(told ?? '{}') as { compilerOptions: object };
const settings = { ...compilerOptions, skipLibCheck: true, noEmit: true };

/** Where a mini-program is compiled, and JavaScript, which is held to the types that it imports. */
const projects = {
  'tsconfig.json': { settings, isMember: (file: string) => file.endsWith('.ts') && !file.startsWith('miniprogram') },
  'tsconfig.js.json': {
    settings: { ...settings, allowJs: true, checkJs: true, noImplicitAny: false, allowUnreachableCode: true },
    isMember: (file: string) => file.endsWith('.js'),
  },
  'tsconfig.miniprogram.json': {
    settings: { ...settings, module: 'ESNext', moduleResolution: 'bundler' },
    isMember: (file: string) => file.startsWith('miniprogram'),
  },
};

let project: TempDir;

function write(file: string, text: string | object): string {
  const target = path.join(project.path, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, typeof text === 'string' ? text : JSON.stringify(text));
  return target;
}

/** A project of the package's name finds the package in itself, as an installed one would be found: what was built. */
function makeProject(): void {
  const { exports } = JSON.parse(read('package.json')) as { exports: object };
  write('package.json', { name: 'menjin', type: 'module', exports });
  cpSync(path.join(root, 'schema.graphql'), path.join(project.path, 'schema.graphql'));
  linkBuilt(project.path);
}

async function generate(index: number, source: string): Promise<void> {
  const config = write(`codegen-${index}.yml`, source.replace('./node_modules/menjin/', './'));
  const generator = path.join(root, 'node_modules', '@graphql-codegen', 'cli', 'esm', 'bin.js');
  await promisify(execFile)(process.execPath, [generator, '--config', config], {
    cwd: project.path,
    timeout: 120_000,
  });
}

beforeAll(() => {
  project = makeTempDir();
  makeProject();
});

afterAll(() => project?.remove());

describe('the docs', () => {
  let output: string;

  beforeAll(async () => {
    for (const folder of ['miniprogram', 'src']) write(`${folder}/operations.graphql`, operations.join('\n'));
    expect(generators).toHaveLength(2);
    const [ofMiniprogram, ...others] = generators.map(({ source }) => source);
    const sources = [withTrusted(ofMiniprogram ?? ''), ...others];
    await Promise.all(sources.map((source, index) => generate(index, source)));

    for (const { file, source } of code) write(file, source);
    const outputs = Object.entries(projects).map(async ([name, { settings, isMember }]) => {
      const files = code.map(({ file }) => file).filter(isMember);
      return runTsc('typescript', '-p', write(name, { compilerOptions: settings, files }));
    });
    output = (await Promise.all(outputs)).join('');
  }, 300_000);

  test.each(code.map(({ place, file }) => [place, file]))('have a snippet that compiles: %s', (_, file) => {
    expect(output.split('\n').filter((line) => line.includes(`${file}(`))).toEqual([]);
  });

  test('have no fault outside their snippets', () => {
    const isInSnippet = (line: string) => code.some(({ file }) => line.includes(`${file}(`));
    expect(output.split('\n').filter((line) => /error TS/.test(line) && !isInSnippet(line))).toEqual([]);
  });

  test('have a configuration of codegen that makes typed documents, as texts and as trees', () => {
    const documents = (folder: string) => readFileSync(path.join(project.path, folder, 'generated/graphql.ts'), 'utf8');
    expect(documents('miniprogram')).toMatch(/LogInDocument = new TypedDocumentString\(/);
    expect(documents('src')).toMatch(/LogInDocument = \{"kind":"Document"/);
  });
});

test('docs/trusted-documents.md tells how to make a manifest that a gateway takes', () => {
  const env = { DOCUMENTS: 'require', DOCUMENTS_FILE: 'trusted/persisted-documents.json' };
  const { config } = loadConfig({ env, cwd: project.path, readFile: readTextFile });
  const trusted = composeDocuments(config, buildGatewaySchema());
  const documents = readFileSync(path.join(project.path, 'trusted/graphql.ts'), 'utf8');
  const ids = [...documents.matchAll(/Document = \{"__meta__":\{"hash":"([^"]+)"\}\}/g)].map(([, id = '']) => id);
  expect(ids.length).toBeGreaterThan(1);
  expect(ids.filter((id) => trusted?.textOf(id) == null)).toEqual([]);
});

test('a snippet that does not compile is found, in TypeScript and in JavaScript', async () => {
  const wrong = { 'wrong.ts': 'createGateway({ confg: {} });', 'wrong.js': 'createGateway({ roles: 1 });' };
  for (const [file, source] of Object.entries(wrong)) {
    write(file, `import { createGateway } from 'menjin';\nawait ${source}\n`);
  }
  const compilerOptions = projects['tsconfig.js.json'].settings;
  const config = write('tsconfig.wrong.json', { compilerOptions, files: Object.keys(wrong) });
  const output = await runTsc('typescript', '-p', config);
  const numbers = [...output.matchAll(/(wrong\.\w+).*error (TS\d+)/g)].map(([, file, number]) => `${file} ${number}`);
  expect(numbers.sort()).toEqual(['wrong.js TS2322', 'wrong.ts TS2561']);
}, 180_000);

describe('docs/library.md', () => {
  const tables = read('docs/library.md').split('## Everything exported')[1] ?? '';

  test.each(['src/index.ts', 'src/testing/index.ts'])('names everything that %s exports', (file) => {
    const lists = [...read(file).matchAll(/^export (?:type )?\{([^}]*)\}/gm)].map(({ 1: list = '' }) => list);
    const names = lists.flatMap((list) => list.split(',')).map((name) => name.replace(/^\s*type\s/, '').trim());
    const untold = names.filter((name) => name !== '' && !new RegExp(`\`${name}\\b`).test(tables));
    expect(names.length).toBeGreaterThan(5);
    expect(untold).toEqual([]);
  });
});

test('snippets have their places, languages and files', () => {
  const text =
    '# Title\r\n\r\n```ts\r\n// src/a.ts\r\nconst a = 1;\r\n```\r\n\r\n```\r\nnpm start\r\n```\r\n\r\n```js\r\nb();\r\n```\r\n';
  expect(snippetsOf('page.md', text)).toEqual([
    { place: 'page.md:3', language: 'ts', file: 'src/a.ts', source: '// src/a.ts\nconst a = 1;\n' },
    { place: 'page.md:12', language: 'js', file: null, source: 'b();\n' },
  ]);
});
