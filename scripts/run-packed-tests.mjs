import path from 'node:path';
import { createPackedSandbox } from './packed-sandbox.mjs';
import { runTests } from './run-tests.mjs';
import { prepare, workspaceOf } from './workspace.mjs';

const timeoutMs = 15 * 60_000;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Packs the package, installs it into an empty project, and runs jest on it there: the tests of test/packed, and the flows
 * of test/flows with the packed code in place of src/.
 *
 * @param {string[]} args for jest
 * @returns {Promise<number>} the exit code
 */
export async function runPackedTests(args) {
  const workspace = workspaceOf(import.meta.url);
  await prepare(workspace);
  const sandbox = await makeSandbox(workspace.root);
  // Tells `runTests` to end what it has started.
  const overdue = setTimeout(() => process.emit('SIGTERM', 'SIGTERM'), timeoutMs);
  try {
    Object.assign(process.env, { PACKED_PROJECT: sandbox.project, PACKED_DIST: sandbox.dist });
    return await runTests([`--config=${path.join(workspace.root, 'jest.packed.config.js')}`, ...args]);
  } finally {
    clearTimeout(overdue);
    sandbox.remove();
  }
}

async function makeSandbox(root) {
  console.error('Packing, and installing what is packed into an empty project.');
  const stop = new AbortController();
  const abort = () => stop.abort();
  for (const signal of signals) process.on(signal, abort);
  try {
    return await createPackedSandbox(root, stop.signal);
  } finally {
    for (const signal of signals) process.off(signal, abort);
  }
}
