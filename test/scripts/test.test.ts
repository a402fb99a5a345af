import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createScratchProject, type ScratchProject } from './scratch-project.js';

const result = (counts: object) =>
  JSON.stringify({ numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, ...counts });

describe('npm test', () => {
  let project: ScratchProject;
  beforeAll(async () => {
    project = createScratchProject();
    await project.run('start.mjs');
  });
  beforeEach(() => project.remove('calls'));
  afterAll(() => project.close());

  const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);

  test('installs and builds what is missing, then runs jest', async () => {
    const fresh = createScratchProject();
    const { code, stdout } = await fresh.run('test.mjs', [], { JEST_RESULT: result({}) });
    expect(fresh.calls().map((call) => call.split(' ')[0])).toEqual(['npm', 'tsc', 'jest']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '5 passed, 0 failed\n' });
    fresh.close();
  });

  test('passes arguments on, with three workers unless told otherwise', async () => {
    await project.run('test.mjs', ['--', 'test/flows'], { JEST_RESULT: result({}) });
    await project.run('test.mjs', ['-i'], { JEST_RESULT: result({}) });
    await project.run('test.mjs', ['--soak'], { JEST_RESULT: result({}) });
    expect(project.calls().filter((call) => call.startsWith('jest'))).toEqual([
      'jest --json --maxWorkers=3 -- test/flows SOAK=undefined',
      'jest --json -i SOAK=undefined',
      'jest --json --maxWorkers=3 SOAK=1',
    ]);
  });

  test('gives them a folder for what they leave, which is gone afterwards', async () => {
    const note = path.join(project.root, 'folder');
    await project.run('test.mjs', [], { JEST_RESULT: result({}), JEST_LEAVES: note });
    const folder = readFileSync(note, 'utf8');
    expect(path.basename(folder)).toMatch(/^menjin-test-/);
    expect(existsSync(folder)).toBe(false);
  });

  test.each([
    ['failures', result({ numFailedTests: 2 }), '1', 1, '5 passed, 2 failed'],
    ['a file that cannot be loaded', result({ numRuntimeErrorTestSuites: 1 }), '1', 1, '5 passed, 1 failed'],
    ['skipped tests', result({ numPendingTests: 1, numTodoTests: 2 }), '0', 0, '5 passed, 0 failed, 3 skipped'],
    ['a jest that ends without a result', '', '7', 7, '0 passed, 1 failed'],
  ])('counts %s in its last line, with the exit code of jest', async (_, text, jestExit, code, line) => {
    const finished = await project.run('test.mjs', [], { JEST_RESULT: text, JEST_EXIT: jestExit });
    expect(finished.code).toBe(code);
    expect(lastLine(finished.stdout)).toBe(line);
    expect(finished.stderr).toContain('what jest says');
  });

  test('says once what was left out for want of a service, and with CI that fails', async () => {
    const env = { JEST_RESULT: result({}), JEST_MISSING: 'tests with Redis\ntests with Redis\n' };
    const here = await project.run('test.mjs', [], env);
    expect(here).toMatchObject({ code: 0, stdout: 'Left out: tests with Redis\n5 passed, 0 failed\n' });
    const inCi = await project.run('test.mjs', [], { ...env, CI: 'true' });
    expect(inCi).toMatchObject({ code: 1, stdout: here.stdout });
  });

  test('fails when a secret of the tests reaches the terminal', async () => {
    const told = await project.run('test.mjs', [], { JEST_RESULT: result({}), JEST_SAYS: 'token CANARY-1' });
    expect(told.code).toBe(1);
    expect(lastLine(told.stdout)).toBe('5 passed, 1 failed');
  });
});
