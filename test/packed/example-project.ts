import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { project, root } from './sandbox.js';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const examples = path.join(project, 'examples');
const ownModules = path.join(examples, 'node_modules');
/** Commands of packages that examples develop with. */
const commands = { tsc: 'typescript/bin/tsc', 'graphql-codegen': '@graphql-codegen/cli/esm/bin.js' };

export function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
}

/**
 * Copies an example into the empty project. What it depends on beside what menjin brings comes from this checkout's
 * node_modules, as npm install would get it.
 */
export function copyExample(name: string): string {
  const from = path.join(root, 'examples', name);
  const to = path.join(examples, name);
  const isOurs = (file: string) => !['node_modules', 'dist', 'data'].includes(path.basename(file));
  cpSync(from, to, { recursive: true, filter: isOurs });
  if (!existsSync(path.join(to, 'package.json'))) return to;
  const { dependencies = {}, devDependencies = {} } = manifestOf(to);
  for (const each of Object.keys(dependencies)) addCopy(each);
  for (const each of Object.keys(devDependencies)) addLink(each);
  return to;
}

/** Makes what an example develops with found from its folder. */
export function addLink(name: string): void {
  if (isThere(name)) return;
  const link = path.join(ownModules, name);
  mkdirSync(path.dirname(link), { recursive: true });
  // A junction needs no rights on Windows; elsewhere the type is ignored.
  symlinkSync(path.join(root, 'node_modules', name), link, 'junction');
}

/** A link would find another fastify, and another graphql, than menjin's: what runs with it is copied. */
function addCopy(name: string): void {
  if (isThere(name)) return;
  const from = path.join(root, 'node_modules', name);
  cpSync(from, path.join(ownModules, name), { recursive: true });
  for (const each of Object.keys(manifestOf(from).dependencies ?? {})) addCopy(each);
}

function isThere(name: string): boolean {
  return [ownModules, path.join(project, 'node_modules')].some((folder) => existsSync(path.join(folder, name)));
}

/** What `npm run` finds as commands, as npm install puts them there. */
export function addCommands(): void {
  const bin = path.join(ownModules, '.bin');
  mkdirSync(bin, { recursive: true });
  for (const [name, file] of Object.entries(commands)) {
    const target = path.join(root, 'node_modules', file);
    writeFileSync(path.join(bin, name), `#!/bin/sh\nexec node "${target}" "$@"\n`);
    chmodSync(path.join(bin, name), 0o755);
    writeFileSync(path.join(bin, `${name}.cmd`), `@node "${target}" %*\r\n`);
  }
}

/** The files of a folder and below, by their path in it; null when there is no such folder. */
export function textsIn(folder: string): Record<string, string> | null {
  if (!existsSync(folder)) return null;
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(folder, file), readFileSync(file, 'utf8').replaceAll('\r\n', '\n')];
    }),
  );
}
