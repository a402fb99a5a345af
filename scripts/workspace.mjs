import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { build, isBuilt } from './build-dist.mjs';
import { withDirectoryLock } from './directory-lock.mjs';
import { install, isInstalled } from './install-packages.mjs';
import { Sentence } from './run-command.mjs';

/** The checkout that a script of this folder belongs to. */
export function workspaceOf(scriptUrl) {
  const root = path.dirname(path.dirname(fileURLToPath(scriptUrl)));
  return { root, entry: path.join(root, 'dist', 'cli', 'main.js') };
}

/** Makes `npm start` possible, or throws the sentence that says what to do. */
export async function prepareForStart(workspace) {
  if (!isProduction(workspace.root)) return prepare(workspace);
  if (!isInstalled(workspace.root, { production: true }) || !existsSync(workspace.entry)) {
    throw new Sentence(
      'Packages or the build are missing, and with NODE_ENV=production nothing is installed or built at start. Run: ' +
        'npm ci --include=dev --ignore-scripts && npm run build && npm prune --omit=dev --ignore-scripts',
    );
  }
}

/** Installs and builds what is missing or stale. Several processes may call it at once. */
export async function prepare(workspace) {
  if (isReady(workspace.root)) return;
  await withDirectoryLock(lockOf(workspace.root), async (lock) => {
    if (!isInstalled(workspace.root)) await install(workspace.root, lock);
    if (!isBuilt(workspace.root)) await build(workspace.root, lock);
  });
}

export async function buildNow({ root }) {
  await withDirectoryLock(lockOf(root), (lock) => build(root, lock));
}

function isReady(root) {
  return !existsSync(lockOf(root)) && isInstalled(root) && isBuilt(root);
}

function lockOf(root) {
  return path.join(root, 'dist', '.lock');
}

// The gateway reads `.env` too; what it says about NODE_ENV must hold before anything is installed.
function isProduction(root) {
  if (process.env.NODE_ENV) return process.env.NODE_ENV === 'production';
  const file = path.join(root, '.env');
  return existsSync(file) && parseEnv(readFileSync(file, 'utf8')).NODE_ENV === 'production';
}
