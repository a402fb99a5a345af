import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type CompiledFixtures, compileFixtures } from '../contract/compile-fixtures.js';
import { scanDeclarations } from '../contract/declaration-scan.js';
import { typeFixtures } from '../contract/type-fixtures.js';
import { menjin, writeFiles } from './sandbox.js';

// Every compiler, every resolution and both ways to take a missing property, in as few runs as have them all.
describe.each([
  ['typescript-5.9', 'NodeNext', true],
  ['typescript-6', 'Bundler', false],
  ['typescript', 'NodeNext', false],
  ['typescript', 'Bundler', true],
] as const)('the types under %s, %s, exactOptionalPropertyTypes %s', (compiler, resolution, isExact) => {
  let compiled: CompiledFixtures;

  beforeAll(async () => {
    const folder = writeFiles(`types-${compiler}-${resolution}`, {});
    compiled = await compileFixtures(typeFixtures, folder, compiler, {
      module: resolution === 'NodeNext' ? 'NodeNext' : 'ESNext',
      moduleResolution: resolution,
      exactOptionalPropertyTypes: isExact,
    });
  }, 150_000);

  test('need no skipLibCheck, and neither do those of what they import', () => {
    expect(compiled.elsewhere).toEqual([]);
  });

  test.each(typeFixtures)('$title', (fixture) => {
    expect(compiled.errorsOf(fixture)).toEqual(fixture.errors);
  });
});

describe('the packed declarations', () => {
  test.each(['index.d.ts', 'simulator/index.d.ts', 'testing/index.d.ts'])('%s says any nowhere', (entry) => {
    const { anys, packages } = scanDeclarations(entry, (file) => readFileSync(path.join(menjin, 'dist', file), 'utf8'));
    expect(anys).toEqual([]);
    expect(packages.filter((name) => /^(ofetch|undici)/.test(name))).toEqual([]);
  });

  test('import only what the package depends on', () => {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(path.join(menjin, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
      peerDependencies: Record<string, string>;
    };
    const { packages } = scanDeclarations('testing/index.d.ts', (file) =>
      readFileSync(path.join(menjin, 'dist', file), 'utf8'),
    );
    const names = packages.map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier);
    const known = Object.keys({ ...dependencies, ...peerDependencies });
    expect(names.filter((name) => !name.startsWith('node:') && !known.includes(name))).toEqual([]);
  });
});
