import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from '@swc/core';
import { withGuardOff } from './guard-off.mjs';

// Child processes of tests run src/ as it is now, as the tests themselves do, not what was last built. The tests of the
// package run what is packed, and so do their children.
const { PACKED_DIST } = process.env;
const jsc = {
  target: 'es2022',
  parser: { syntax: 'typescript', decorators: true },
  transform: { legacyDecorator: true, decoratorMetadata: true },
};

export async function resolve(specifier, context, next) {
  const isOurs = specifier.startsWith('.') && context.parentURL?.endsWith('.ts');
  if (!isOurs) return next(specifier, context);
  const source = /^(?:\.\.\/)+src\/(.+)$/.exec(specifier)?.[1];
  if (PACKED_DIST && source) return next(pathToFileURL(path.join(PACKED_DIST, source)).href, context);
  return next(specifier.replace(/\.js$/, '.ts'), context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const source = withGuardOff(await readFile(filename, 'utf8'), filename);
  const { code } = await transform(source, { jsc, module: { type: 'es6' }, filename });
  return { format: 'module', source: code, shortCircuit: true };
}
