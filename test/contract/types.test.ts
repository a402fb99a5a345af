import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeTempDir, type TempDir } from '../support/test-gateway.js';
import { type CompiledFixtures, compileFixtures, linkBuilt } from './compile-fixtures.js';
import { scanDeclarations } from './declaration-scan.js';
import { typeFixtures } from './type-fixtures.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** As package.json exports them. */
const paths = {
  menjin: ['./dist/index.d.ts'],
  'menjin/simulator': ['./dist/simulator/index.d.ts'],
  'menjin/testing': ['./dist/testing/index.d.ts'],
};

/** What was built is what is published. */
const dist = path.join(root, 'dist');

let temp: TempDir;

beforeAll(() => {
  temp = makeTempDir();
  linkBuilt(temp.path);
  writeFileSync(path.join(temp.path, 'package.json'), '{ "type": "module" }');
});

afterAll(() => temp?.remove());

describe('the public types', () => {
  let compiled: CompiledFixtures;

  beforeAll(async () => {
    compiled = await compileFixtures(typeFixtures, temp.path, 'typescript', { module: 'NodeNext', paths });
  }, 60_000);

  for (const fixture of typeFixtures) {
    test(fixture.title, () => {
      expect(compiled.errorsOf(fixture)).toEqual(fixture.errors);
    });
  }

  test('have no fault outside these fixtures', () => {
    expect(compiled.elsewhere).toEqual([]);
  });
});

describe('the declarations of the package', () => {
  test('say any nowhere, and import neither ofetch nor undici', () => {
    const { files, anys, packages } = scanDeclarations('index.d.ts', (file) =>
      readFileSync(path.join(dist, file), 'utf8'),
    );
    expect(files).toContain('gateway.d.ts');
    expect(anys).toEqual([]);
    expect(packages).toContain('fastify');
    expect(packages.filter((name) => /^(ofetch|undici)/.test(name))).toEqual([]);
  });

  test('of the simulator say any nowhere, and import no package', () => {
    const { files, anys, packages } = scanDeclarations('simulator/index.d.ts', (file) =>
      readFileSync(path.join(dist, file), 'utf8'),
    );
    expect(files).toContain('simulator/simulator.d.ts');
    expect(anys).toEqual([]);
    expect(packages).toEqual([]);
  });

  test('of the test gateway say any nowhere, and import neither ofetch nor undici', () => {
    const { files, anys, packages } = scanDeclarations('testing/index.d.ts', (file) =>
      readFileSync(path.join(dist, file), 'utf8'),
    );
    expect(files).toContain('testing/test-gateway.d.ts');
    expect(anys).toEqual([]);
    expect(packages.filter((name) => /^(ofetch|undici)/.test(name))).toEqual([]);
  });

  test('are searched through imports, re-exports and import types', () => {
    const declarations: Record<string, string> = {
      'index.d.ts': `export * from './one.js'; export type { Two } from './deep/two.js'; export declare const any: unknown;`,
      'one.d.ts': `export declare const fetch: (from: import('ofetch').FetchOptions) => Promise<any>;`,
      'deep/two.d.ts': `import type { Dispatcher } from 'undici/types'; import '../three.js'; export type Two = Dispatcher;`,
      'three.d.ts': `export declare function parse(text: string, ...rest: any[]): unknown;`,
      'unreached.d.ts': `export type Unreached = any;`,
    };
    const scan = scanDeclarations('index.d.ts', (file) => declarations[file] ?? '');
    expect(scan).toEqual({
      files: ['index.d.ts', 'one.d.ts', 'deep/two.d.ts', 'three.d.ts'],
      anys: ['one.d.ts', 'three.d.ts'],
      packages: ['ofetch', 'undici/types'],
    });
  });
});
