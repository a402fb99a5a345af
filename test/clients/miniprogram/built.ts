import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What `npm run build:client` makes, in this folder. Gives what it printed. */
export async function buildClient(folder: string, ...args: string[]): Promise<string> {
  const script = path.join(root, 'scripts', 'build-client.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--out', folder, ...args], {
    timeout: 120_000,
  });
  return stdout;
}

export function readBuilt(folder: string): string {
  return readFileSync(path.join(folder, 'index.js'), 'utf8');
}
