import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runTsc } from '../../contract/compile-fixtures.js';
import { snippetsOf } from '../../contract/snippets.js';
import { makeTempDir, type TempDir } from '../../support/test-gateway.js';
import { buildClient, root } from './built.js';

const pages = ['docs/miniprogram.md', 'clients/miniprogram/README.md'];
const snippets = pages
  .flatMap((page) => snippetsOf(page, readFileSync(path.join(root, page), 'utf8')))
  .map(({ file, ...snippet }) => ({ ...snippet, file: file ?? 'nameless' }));

/** What a mini-program has beside the client. */
const GLOBALS = `
declare const wx: import('@menjin/miniprogram').WxLike & { showToast(options: { title: string; icon: 'none' }): void };
declare function Page<Data, Methods>(options: Methods & ThisType<Methods & { setData(data: object): void }>): void;`;

let project: TempDir;
let output: string;

beforeAll(async () => {
  project = makeTempDir();
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(project.path, file)), { recursive: true });
    writeFileSync(path.join(project.path, file), text);
    return file;
  };
  await buildClient(path.join(project.path, 'client'));
  const generated = path.join(root, 'examples', 'typed-login', 'generated', 'graphql.ts');
  for (const { file, source } of snippets) write(file, source);
  cpSync(generated, path.join(project.path, 'miniprogram', 'generated', 'graphql.ts'), { recursive: true });
  // A junction needs no rights on Windows; elsewhere the type is ignored.
  symlinkSync(path.join(root, 'node_modules'), path.join(project.path, 'node_modules'), 'junction');
  const compilerOptions = {
    ...{ target: 'ES2022', lib: ['ES2022'], types: ['node'], module: 'ESNext', moduleResolution: 'bundler' },
    ...{
      strict: true,
      noImplicitAny: false,
      useUnknownInCatchVariables: false,
      allowJs: true,
      checkJs: true,
      noEmit: true,
      skipLibCheck: true,
    },
    paths: { '@menjin/miniprogram': ['./client/index.d.ts'] },
  };
  const files = [write('globals.d.ts', GLOBALS), ...snippets.map(({ file }) => file)];
  write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
  const lines = (await runTsc('typescript', '-p', project.path)).split('\n');
  // In JavaScript nobody says what a text asks for.
  output = lines
    .filter((line) => !/\.js\(.*on type 'unknown'/.test(line))
    .join('\n')
    .trim();
}, 120_000);

afterAll(() => project?.remove());

describe('what the docs of the client show', () => {
  test.each(snippets.map(({ place, file }) => [place, file]))('compiles: %s', (_, file) => {
    expect(output.split('\n').filter((line) => line.includes(`${file}(`))).toEqual([]);
  });

  test('has no fault elsewhere', () => {
    expect(output).toBe('');
  });

  test.each(['README.md', 'README.zh-CN.md'])('is what %s shows', (page) => {
    const shown = snippetsOf(page, readFileSync(path.join(root, page), 'utf8'));
    const ofPhone = shown.filter(({ language }) => language === 'javascript').map(({ source }) => source);
    expect(ofPhone).toHaveLength(2);
    expect(snippets.map(({ source }) => source)).toEqual(expect.arrayContaining(ofPhone));
  });

  test('is something', () => {
    expect(snippets.length).toBeGreaterThan(6);
  });
});
