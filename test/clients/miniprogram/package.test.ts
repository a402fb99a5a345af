import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { root } from './built.js';

const folder = path.join(root, 'clients', 'miniprogram');

test('what npm packs is what a phone needs, and no more', async () => {
  const options = { cwd: folder, shell: process.platform === 'win32', timeout: 120_000 };
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--silent'], options);
  const [{ files }] = JSON.parse(stdout.slice(stdout.search(/^\[/m))) as [{ files: { path: string }[] }];
  expect(files.map((file) => file.path).sort()).toEqual([
    'LICENSE',
    'README.md',
    'miniprogram_dist/index.d.ts',
    'miniprogram_dist/index.js',
    'package.json',
  ]);
}, 120_000);

test('the package depends on nothing', () => {
  const { dependencies, peerDependencies, miniprogram } = JSON.parse(
    readFileSync(path.join(folder, 'package.json'), 'utf8'),
  ) as Record<string, unknown>;
  expect([dependencies, peerDependencies, miniprogram]).toEqual([undefined, undefined, 'miniprogram_dist']);
});
