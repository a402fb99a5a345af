import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';
import { withGuardOff } from './guard-off.mjs';

// Child processes of tests run src/ as it is now, as the tests themselves do, not what was last built.
const jsc = {
  target: 'es2022',
  parser: { syntax: 'typescript', decorators: true },
  transform: { legacyDecorator: true, decoratorMetadata: true },
};

export async function resolve(specifier, context, next) {
  const isOurs = specifier.startsWith('.') && context.parentURL?.endsWith('.ts');
  return next(isOurs ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const source = withGuardOff(await readFile(filename, 'utf8'), filename);
  const { code } = await transform(source, { jsc, module: { type: 'es6' }, filename });
  return { format: 'module', source: code, shortCircuit: true };
}
