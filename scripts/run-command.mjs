import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** A failure that one sentence explains: printed without a stack. */
export class Sentence extends Error {
  isSentence = true;

  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

const keptLines = 30;

/**
 * Runs a command quietly. When it fails, its last lines and `failure` are the error's message.
 * A signal that ends this process ends the command first, so that no orphan keeps writing under a freed lock.
 *
 * @param {{ command: string, args: string[], cwd: string, shell?: boolean, failure: string, lock: { share(pid: number): void } }} options
 */
export async function runCommand({ command, args, cwd, shell = false, failure, lock }) {
  const line = shell ? [[command, ...args].join(' '), []] : [command, args];
  const child = spawn(...line, { cwd, shell, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
  const output = lastLinesOf(child);
  let signal = null;
  const pass = (name) => {
    signal = name;
    child.kill(name);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of signals) process.on(name, pass);
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', (error) => reject(new Sentence(`${failure} (${command}: ${error.code})`)));
      child.once('close', resolve);
      if (child.pid) lock.share(child.pid);
    });
    if (signal) throw new Sentence(`Stopped by ${signal}.`, 128 + constants.signals[signal]);
    if (code !== 0) throw new Sentence([...output(), failure].join('\n'));
  } finally {
    for (const name of signals) process.off(name, pass);
  }
}

function lastLinesOf(child) {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk) => {
      text = (text + chunk).slice(-16_384);
    });
  }
  return () => text.trimEnd().split('\n').slice(-keptLines);
}
