import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';

const isWindows = process.platform === 'win32';
const running = new Set();

/**
 * Runs a command; when its time is over, or this process is told to end, it ends with everything that it has started.
 *
 * @param {number} timeoutMs
 * @param {{ command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<{ isTimedOut: boolean, output: string }>} `output` is the end of what it wrote to stderr
 */
export async function runUntil(timeoutMs, { command, args, cwd, env }) {
  // A group of its own, which can be ended as a whole.
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'], detached: !isWindows });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output = (output + text).slice(-4096);
  });
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    endTree(child);
  }, timeoutMs);
  if (running.size === 0) for (const name of signals) process.on(name, endAll);
  running.add(child);
  try {
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
  } finally {
    clearTimeout(timer);
    endTree(child);
    running.delete(child);
    if (running.size === 0) for (const name of signals) process.off(name, endAll);
  }
  return { isTimedOut, output };
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function endAll(signal) {
  for (const child of running) endTree(child);
  process.exit(128 + constants.signals[signal]);
}

function endTree({ pid }) {
  if (pid === undefined) return;
  if (isWindows) {
    spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' });
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
