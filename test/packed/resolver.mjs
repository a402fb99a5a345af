import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const { PACKED_PROJECT: project } = process.env;
const tests = fileURLToPath(new URL('..', import.meta.url));

/**
 * What a test imports by name is the copy that the package uses, where it uses one: two copies of graphql refuse each
 * other's schemas, and two of type-graphql know nothing of each other's classes.
 */
export function sync(name, options) {
  const isOfPackage =
    `${options.basedir}${path.sep}`.startsWith(tests) && isThere(/^(?:@[^/.]+\/)?[^@/.][^/]*/.exec(name));
  return options.defaultResolver(name, isOfPackage ? { ...options, basedir: project } : options);
}

function isThere(match) {
  return match !== null && existsSync(path.join(project, 'node_modules', match[0]));
}
