import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const example = new URL('../../examples/notify/', import.meta.url);
const expected = readFileSync(new URL('story.txt', example), 'utf8').replaceAll('\r\n', '\n');

test('the notify example tells its story, line by line, and ends by itself', async () => {
  const hooks = ['../support/typescript.mjs', './package-names.mjs'].map((file) => new URL(file, import.meta.url).href);
  const args = [...hooks.flatMap((hook) => ['--import', hook]), fileURLToPath(new URL('main.ts', example))];
  // Where no .env lies.
  const options = { cwd: fileURLToPath(example), timeout: 55_000 };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, options);
  expect({ stdout, stderr }).toEqual({ stdout: expected, stderr: '' });
});
