import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Writes a file of the checkout that is made from the built code; with `isCheck` only says whether it is stale, and makes
 * the process exit with 1 when it is.
 */
export function keepFresh(path, text, { isCheck, command }) {
  if (isFresh(path, text)) return;
  if (isCheck) {
    console.error(`${path} is stale: run npm run build, then ${command}`);
    process.exitCode = 1;
    return;
  }
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  console.log(`wrote ${path}`);
}

function isFresh(path, text) {
  try {
    // A checkout on Windows may have turned the line ends.
    return readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n') === text;
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}
