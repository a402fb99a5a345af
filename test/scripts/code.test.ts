import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { makeTempDir } from '../support/test-gateway.js';

test('npm run code in a clone that was never started says so in one sentence', () => {
  const clone = makeTempDir();
  const scripts = fileURLToPath(new URL('../../scripts', import.meta.url));
  for (const name of ['code.mjs', 'check-node.mjs']) cpSync(join(scripts, name), join(clone.path, 'scripts', name));
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(clone.path, 'scripts', 'code.mjs')], {
    encoding: 'utf8',
  });
  clone.remove();
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/^.*npm start.*\n$/),
  });
});
