import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { prepare, workspaceOf } from './workspace.mjs';

/** Every secret that the tests give to a gateway begins like this; no passing run writes one. */
const CANARY = 'CANARY-';

/**
 * Runs jest with `args` (`--soak` asks for the full counts) and prints what was left out and, last, the counts.
 *
 * @returns {Promise<number>} the exit code
 */
export async function runTests(args) {
  const workspace = workspaceOf(import.meta.url);
  await prepare(workspace);
  const folder = mkdtempSync(path.join(scratchParent(args), 'menjin-test-'));
  // PostgreSQL runs as somebody else, and has its folder in there.
  chmodSync(folder, 0o711);
  const resultFile = path.join(folder, 'result.json');
  const missingFile = path.join(folder, 'missing-services');
  try {
    const { exitCode, hasToldSecret } = await runJest(workspace.root, args, { folder, resultFile, missingFile });
    const missing = [...new Set(read(missingFile).split('\n').filter(Boolean))];
    for (const sentence of missing) console.log(`Left out: ${sentence}`);
    if (hasToldSecret) console.log(`A secret of the tests (${CANARY}...) was written to the terminal.`);
    const counts = countsOf(read(resultFile), exitCode || Number(hasToldSecret));
    console.log(lineOf(counts));
    if (exitCode !== 0) return exitCode;
    if (hasToldSecret) return 1;
    return missing.length > 0 && isSwitchedOn(process.env.CI) ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

const IN_MEMORY = '/dev/shm';
const ROOM_BYTES = 4 * 1024 ** 3;

/**
 * The stores of tests are written through thousands of times. In a folder in memory, where the system has one, that takes no
 * time, and no test waits for the disk of another. A soak needs more room than that.
 */
function scratchParent(args) {
  if (process.platform !== 'linux' || args.includes('--soak')) return tmpdir();
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize > ROOM_BYTES ? IN_MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

async function runJest(root, args, { folder, resultFile, missingFile }) {
  const passedOn = args.filter((arg) => arg !== '--soak');
  const hasWorkers = passedOn.some((arg) => /^(--maxWorkers|-w|--runInBand|-i)\b/.test(arg));
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      // The workers keep every core busy: to collect garbage beside them takes a tenth more time.
      '--single-threaded-gc',
      path.join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      '--json',
      `--outputFile=${resultFile}`,
      // What is compiled stays for the next run.
      `--cacheDirectory=${path.join(tmpdir(), 'menjin-jest')}`,
      // One more than the cores of a small machine: tests wait for servers and processes more than they compute.
      ...(hasWorkers ? [] : ['--maxWorkers=3']),
      ...passedOn,
    ],
    {
      cwd: root,
      // With --json jest's own account goes to stderr; stdout only repeats where the file is.
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        ...(process.stderr.isTTY ? { FORCE_COLOR: '1' } : {}),
        MISSING_SERVICES_FILE: missingFile,
        TMPDIR: folder,
        ...(args.includes('--soak') ? { SOAK: '1' } : {}),
      },
    },
  );
  let hasToldSecret = false;
  let lastWritten = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    process.stderr.write(text);
    hasToldSecret ||= (lastWritten + text).includes(CANARY);
    lastWritten = text.slice(-CANARY.length);
  });
  const pass = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ exitCode: code ?? 128 + constants.signals[signal], hasToldSecret }),
    );
  });
}

function countsOf(text, exitCode) {
  const result = text ? JSON.parse(text) : {};
  const { numPassedTests: passed = 0, numFailedTests = 0, numRuntimeErrorTestSuites = 0 } = result;
  const skipped = (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0);
  // A file that cannot be loaded has failed, though none of its tests has.
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return { passed, failed: exitCode === 0 ? failed : Math.max(failed, 1), skipped };
}

function lineOf({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isSwitchedOn(value) {
  return value !== undefined && !['', '0', 'false', 'off'].includes(value.toLowerCase());
}
