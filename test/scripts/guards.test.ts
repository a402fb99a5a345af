import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isRunning } from '../servers/process-tree.js';
import { makeTempDir, type TempDir } from '../support/test-gateway.js';

const checkout = fileURLToPath(new URL('../../', import.meta.url));

interface Finished {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function runNode(cwd: string, ...args: string[]): Promise<Finished> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

const DOOR = `export function opens(key: string): boolean {
  return key === 'right'; // as it should
}
`;

const DOOR_TEST = `import { describe, expect, test } from '@jest/globals';
import { opens } from '../src/door.js';
describe('a door', () => {
  test.each(['wrong', 'bent (twice)'])('stays shut for the key %s', (key) => expect(opens(key)).toBe(false));
  test('opens', () => expect(opens('right')).toBe(true));
  test('is open', () => expect(opens('wrong')).toBe(true));
  test.skip('is skipped', () => {});
});
`;

const IS_RIGHT = "key === 'right'";
const edit = (from: string, to: string) => [{ file: 'src/door.ts', from, to }];

const guards = {
  lock: { keeps: 'Wrong keys out.', off: edit(IS_RIGHT, 'true') },
  paint: { keeps: 'Nothing.', off: edit('as it should', '') },
  'half-a-lock': { keeps: 'One wrong key out.', off: edit(IS_RIGHT, "key === 'right' || key === 'bent (twice)'") },
  broken: { keeps: 'Nothing: it does not compile.', off: edit(IS_RIGHT, '(') },
  'red-anyway': { keeps: 'Nothing: its test fails with it, too.', off: edit(IS_RIGHT, 'true') },
  skipped: { keeps: 'Nothing: its test is skipped.', off: edit(IS_RIGHT, 'true') },
};

const shut = { fault: '', test: 'test/door.test.ts', title: 'stays shut for the key %s' };
const faults = [
  { ...shut, number: 1, guard: 'lock' },
  { ...shut, number: 2, guard: 'lock', row: 'bent (twice)' },
  { ...shut, number: 3, guard: 'paint' },
  { ...shut, number: 4, guard: 'half-a-lock', row: 'bent (twice)' },
  { ...shut, number: 5, guard: 'half-a-lock', row: 'wrong' },
  { ...shut, number: 6, guard: 'broken' },
  { ...shut, number: 7, guard: 'red-anyway', title: 'is open' },
  { ...shut, number: 8, guard: 'skipped', title: 'is skipped' },
];

describe('npm run guards', () => {
  let project: TempDir;

  beforeAll(() => {
    project = makeTempDir();
    const kept = ['transform', 'guard-off', 'typescript', 'typescript-hooks'].map((name) => `test/support/${name}.mjs`);
    for (const file of ['scripts', 'jest.config.js', ...kept])
      cpSync(path.join(checkout, file), path.join(project.path, file), { recursive: true });
    symlinkSync(path.join(checkout, 'node_modules'), path.join(project.path, 'node_modules'), 'junction');
    const catalogue = `export const faultGroups = ${JSON.stringify([{ faults, guards }])};\n`;
    const files = { 'package.json': '{ "type": "module" }', 'src/door.ts': DOOR, 'test/door.test.ts': DOOR_TEST };
    for (const [file, text] of Object.entries({ ...files, 'test/faults/catalogue.ts': catalogue })) {
      mkdirSync(path.dirname(path.join(project.path, file)), { recursive: true });
      writeFileSync(path.join(project.path, file), text);
    }
  });

  afterAll(() => project.remove());

  const runGuards = (...names: string[]) => runNode(project.path, path.join('scripts', 'guards.mjs'), ...names);
  const linesOf = ({ stdout }: Finished) =>
    stdout
      .trimEnd()
      .replaceAll(/[\d.]+ s$/gm, 'n s')
      .split('\n');

  test('succeeds when the tests of every fault fail without its guard', async () => {
    const finished = await runGuards('lock');
    expect(finished).toMatchObject({ code: 0, stderr: expect.stringMatching(/^Running [^\n]+\n$/) });
    expect(linesOf(finished)).toEqual(['lock (1, 2): red, n s', '1 red, 0 not']);
  });

  test('fails when a guard can be turned off unnoticed, when no test has run, and when one fails anyway', async () => {
    const finished = await runGuards();
    expect(finished.code).toBe(1);
    const lines = linesOf(finished);
    expect(lines.at(-1)).toBe('1 red, 5 not');
    expect(lines.slice(0, -1).sort()).toEqual([
      'broken (6): NO TEST of 6 RAN without it, n s',
      'half-a-lock (4, 5): 5 STILL GREEN, n s',
      'lock (1, 2): red, n s',
      'paint (3): 3 STILL GREEN, n s',
      'red-anyway (7): 7 FAILS WITH IT ON, n s',
      'skipped (8): NO TEST of 8 RAN, n s',
    ]);
  });

  test('says which guards there are when it is asked for another', async () => {
    const { code, stdout, stderr } = await runGuards('lock', 'window');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^No guard is called window\. There are: lock, .*skipped\.\n$/);
  });
});

test('a run that takes too long ends with everything that it has started', async () => {
  const module = JSON.stringify(new URL('../../scripts/run-until.mjs', import.meta.url).href);
  const parent = `
    const { pid } = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    console.error(pid);
    for (;;);`;
  const run = `
    const { runUntil } = await import(${module});
    const args = ['-e', ${JSON.stringify(parent)}];
    const { isTimedOut, output } = await runUntil(1500, { command: process.execPath, args, cwd: '.', env: process.env });
    console.log(isTimedOut, Number(output));`;
  const { code, stdout } = await runNode(checkout, '--input-type=module', '-e', run);
  expect(code).toBe(0);
  const [isTimedOut, pid] = stdout.trim().split(' ');
  expect(isTimedOut).toBe('true');
  expect(Number(pid)).toBeGreaterThan(1);
  expect(isRunning(Number(pid))).toBe(false);
});
