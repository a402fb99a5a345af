import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
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
  const source = withGuardOff(readFileSync(filename, 'utf8'), filename);
  return { format: 'module', source: await compiled(source, filename), shortCircuit: true };
}

/** Where the children of one `npm test`, which removes it, keep what they have compiled; null without one. */
const kept = process.env.MISSING_SERVICES_FILE ? path.join(tmpdir(), 'menjin-children') : null;

/** Each child loads a hundred files: what one has compiled, the next ones read. */
async function compiled(source, filename) {
  const name = createHash('sha256').update(`${filename}\n${source}`).digest('hex');
  const file = kept && path.join(kept, `${name}.mjs`);
  if (file && existsSync(file)) return readFileSync(file, 'utf8');
  // Most children need no compiler, and it takes its time to load.
  const { transform } = await import('@swc/core');
  const { code } = await transform(source, { jsc, module: { type: 'es6' }, filename });
  if (file) {
    mkdirSync(kept, { recursive: true });
    // Others find the whole file, or none.
    const unfinished = `${file}.${process.pid}`;
    writeFileSync(unfinished, code);
    renameSync(unfinished, file);
  }
  return code;
}
