import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './run-command.mjs';

/** Whether dist/ is newer than everything it is made of. */
export function isBuilt(root) {
  const stamp = stampOf(root);
  if (!existsSync(path.join(root, 'src'))) return true;
  if (!existsSync(stamp) || !existsSync(path.join(root, 'dist', 'cli', 'main.js'))) return false;
  return newestInputMs(root) <= statSync(stamp).mtimeMs;
}

export async function build(root, lock) {
  console.error('Building dist/ from src/.');
  // The start counts, so that a file saved during the build is built next time.
  const startedAt = new Date();
  const dist = path.join(root, 'dist');
  rmSync(stampOf(root), { force: true });
  // tsc trusts its notes and would not write again what somebody deleted.
  if (outputsOf(root).some((file) => !existsSync(path.join(dist, file))))
    rmSync(path.join(dist, '.tsbuildinfo'), { force: true });
  await runCommand({
    command: process.execPath,
    args: [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'],
    cwd: root,
    lock,
    failure: 'The build failed: see the lines above.',
  });
  copyAssets(root, dist);
  removeStale(root, dist);
  mkdirSync(dist, { recursive: true });
  writeFileSync(stampOf(root), '');
  utimesSync(stampOf(root), startedAt, startedAt);
}

function stampOf(root) {
  return path.join(root, 'dist', '.built');
}

function newestInputMs(root) {
  const named = readdirSync(root).filter((name) => name === 'package-lock.json' || /^tsconfig.*\.json$/.test(name));
  // Folders count too: their time changes when a file is removed.
  const inputs = [...named, 'src', ...walk(root, 'src')];
  return Math.max(...inputs.map((name) => statSync(path.join(root, name), { throwIfNoEntry: false })?.mtimeMs ?? 0));
}

function outputsOf(root) {
  return walk(root, 'src')
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => path.relative('src', name).replace(/\.ts$/, '.js'));
}

/** What the code reads from beside itself: everything below a folder called `assets`. */
function assetsOf(root) {
  return walk(root, 'src')
    .map((name) => path.relative('src', name))
    .filter(isAsset);
}

function isAsset(name) {
  return name.split(path.sep).slice(0, -1).includes('assets');
}

function copyAssets(root, dist) {
  for (const name of assetsOf(root)) cpSync(path.join(root, 'src', name), path.join(dist, name), { recursive: true });
}

function removeStale(root, dist) {
  const outputs = new Set(outputsOf(root));
  const assets = new Set(assetsOf(root));
  for (const name of walk(dist, '.')) {
    const source = name.replace(/(\.d\.ts|\.js)(\.map)?$/, '.js');
    const isStale = isAsset(name) ? !assets.has(name) : source.endsWith('.js') && !outputs.has(source);
    if (isStale) rmSync(path.join(dist, name), { recursive: true, force: true });
  }
}

/** Files and folders under `folder`, relative to `root`. */
function walk(root, folder) {
  return readdirSync(path.join(root, folder), { recursive: true }).map((name) => path.join(folder, name));
}
