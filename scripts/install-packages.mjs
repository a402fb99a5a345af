import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { npm } from './npm.mjs';
import { runCommand } from './run-command.mjs';

/**
 * Whether node_modules holds what package-lock.json says. npm notes what it has installed in node_modules/.package-lock.json,
 * and writes that last, so an interrupted install is seen as none.
 */
export function isInstalled(root, { production = false } = {}) {
  const wanted = packagesOf(path.join(root, 'package-lock.json'));
  const present = packagesOf(path.join(root, 'node_modules', '.package-lock.json'));
  // An image may carry packages without npm's note, or without the lock file: nothing to compare.
  if (production && (!wanted || !present)) return existsSync(path.join(root, 'node_modules'));
  if (!present) return false;
  if (Object.values(present).some(isForAnotherSystem)) return false;
  return Object.entries(wanted ?? {}).every(
    ([name, entry]) => !isNeeded(name, entry, production) || present[name]?.version === entry.version,
  );
}

export async function install(root, lock) {
  console.error('Installing the packages that package-lock.json names; this takes a minute.');
  await runCommand({
    ...npm('ci', '--include=dev', '--ignore-scripts', '--loglevel=error'),
    cwd: root,
    lock,
    failure: 'npm ci failed. Is the package registry within reach? Then run: npm ci --ignore-scripts',
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return null;
  }
}

function isNeeded(name, entry, production) {
  if (!name.includes('node_modules/') || entry.link) return false;
  if (entry.optional || entry.devOptional || entry.peer) return false;
  return !(production && entry.dev);
}

// One folder seen from Windows and from WSL: npm skips other systems' packages, so their presence tells where it ran.
function isForAnotherSystem({ os, cpu }) {
  return isExcluded(os, process.platform) || isExcluded(cpu, process.arch);
}

function isExcluded(list, name) {
  if (!list || list.includes(name)) return false;
  return list.some((item) => !item.startsWith('!')) || list.includes(`!${name}`);
}
