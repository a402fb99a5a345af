import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { failureCode } from './lib/failure-code.js';
import { parseSecretKeys } from './lib/secret-keys.js';

const FILE_NAME = 'secret-keys';

/** DATA_DIR cannot be used. The message is one sentence for the person who starts the gateway. */
export class DataDirError extends Error {
  override readonly name = 'DataDirError';
}

/**
 * The keys of DATA_DIR/secret-keys, which is made when missing. Processes that start at once get the same.
 *
 * @throws DataDirError
 */
export function loadDevelopmentKeys(dataDir: string): Uint8Array[] {
  const path = join(dataDir, FILE_NAME);
  const text = readOrMake(dataDir, path);
  const keys = parseSecretKeys(text.trim());
  if (keys !== null) return keys;
  throw new DataDirError(
    `${FILE_NAME} in DATA_DIR does not hold base64 keys of 32 bytes: delete it to get a new one (what the old one sealed is then lost).`,
  );
}

function readOrMake(dataDir: string, path: string): string {
  try {
    return readIfThere(path) ?? make(dataDir, path);
  } catch (error) {
    const code = failureCode(error);
    throw new DataDirError(
      `DATA_DIR must be a folder in which this process can make, link and read files (${code}): change DATA_DIR or its permissions.`,
    );
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (failureCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function make(dataDir: string, path: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
  try {
    writeDurably(draft, `${randomBytes(32).toString('base64')}\n`);
    linkUnlessThere(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path, 'utf8');
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

// A link appears whole or not at all, and never replaces the file of a process that was faster. A rename would replace it.
function linkUnlessThere(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    if (failureCode(error) !== 'EEXIST') throw error;
  }
}
