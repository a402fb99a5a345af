import { fileURLToPath } from 'node:url';
import { transformFile } from '@swc/core';

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
  const { code } = await transformFile(fileURLToPath(url), { jsc, module: { type: 'es6' } });
  return { format: 'module', source: code, shortCircuit: true };
}
