import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runUntil } from './run-until.mjs';

/** Enough for every test that passes, and short where a guard that is off makes one wait for ever. */
const testTimeoutMs = 15_000;
/** A placeholder in the title of a `test.each`. */
const placeholder = /%[psdifjoc#$]|\$[A-Za-z_][\w.]*/;

/**
 * Runs the tests of some faults and no others.
 *
 * @param {{ number: number, test: string, title: string, row?: string }[]} faults
 * @param {{ root: string, off: object[], timeoutMs: number, workers: number }} options `off`: what src/ is seen with
 * @returns {Promise<{ isTimedOut: boolean, output: string, outcomeOf(fault: object): 'red' | 'green' | 'not run' }>}
 *   a fault is red when one of its tests has failed; `output` is the end of what jest said
 */
export async function runFaultTests(faults, { root, off, timeoutMs, workers }) {
  const notes = mkdtempSync(path.join(tmpdir(), 'menjin-guard-'));
  const resultFile = path.join(notes, 'result.json');
  try {
    const ended = await runUntil(timeoutMs, {
      command: process.execPath,
      args: [
        '--experimental-vm-modules',
        '--disable-warning=ExperimentalWarning',
        path.join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
        '--json',
        `--outputFile=${resultFile}`,
        `--testTimeout=${testTimeoutMs}`,
        `--maxWorkers=${workers}`,
        '--forceExit',
        `--testNamePattern=${faults.map(patternOf).join('|')}`,
        '--runTestsByPath',
        ...new Set(faults.map(({ test }) => path.join(root, test))),
      ],
      cwd: root,
      env: { ...process.env, GUARD_OFF: JSON.stringify(off) },
    });
    const results = resultsOf(root, resultFile);
    return { ...ended, outcomeOf: (fault) => outcomeAmong(results, fault) };
  } finally {
    rmSync(notes, { recursive: true, force: true });
  }
}

function resultsOf(root, resultFile) {
  // jest writes none when it cannot even start.
  if (!existsSync(resultFile)) return [];
  return JSON.parse(readFileSync(resultFile, 'utf8')).testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ title, status }) => ({
      test: path.relative(root, name).replaceAll(path.sep, '/'),
      title,
      status,
    })),
  );
}

function outcomeAmong(results, fault) {
  const statuses = results.filter((result) => isOf(fault, result)).map(({ status }) => status);
  if (statuses.includes('failed')) return 'red';
  // A file that does not compile has no results, and a test that was left out is neither.
  return statuses.includes('passed') ? 'green' : 'not run';
}

function isOf({ test, title, row = '' }, result) {
  return result.test === test && new RegExp(`^${regexOf(title)}$`).test(result.title) && result.title.includes(row);
}

/** jest looks for it in the title behind those of its `describe`s. */
function patternOf({ title, row = '' }) {
  return `(?=[^]*${literal(row)})(^|[^]* )${regexOf(title)}$`;
}

function regexOf(title) {
  return title.split(placeholder).map(literal).join('[^]*');
}

function literal(text) {
  return text.replaceAll('%%', '%').replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
