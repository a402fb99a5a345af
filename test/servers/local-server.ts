import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/ports.js';
import { isRunning, processTree, signalProcess } from './process-tree.js';

/** A real server on a loopback port of its own, for tests that break it. */
export interface LocalServer {
  readonly port: number;
  readonly url: string;
  /** Where its files are, until `stop`. */
  readonly directory: string;
  /** Changes with `restart`. */
  readonly pid: number;
  /** Stops every process of it where it stands: connections are accepted and nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL; what was acknowledged may be lost. Resolves when all its processes are gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and files, after `kill` or while it runs; resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

export interface LocalServerOptions {
  name: string;
  command: string;
  /** The arguments, for the port and the directory the server may fill. */
  args(port: number, directory: string): string[];
  url(port: number): string;
  user?: { uid?: number; gid?: number };
  /** Fills the directory once. */
  prepare?(directory: string): Promise<void>;
  answers(port: number): Promise<boolean>;
  startTimeoutMs: number;
}

export async function startLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  const port = await freePort();
  const directory = mkdtempSync(path.join(tmpdir(), `menjin-${options.name}-`));
  let child: ChildProcess | null = null;

  const kill = async () => {
    if (child !== null && !hasEnded(child)) {
      const tree = processTree(pidOf(child));
      const ended = once(child, 'exit');
      for (const pid of tree) signalProcess(pid, 'SIGKILL');
      await ended;
      await allGone(tree);
    }
    child = null;
  };
  const stop = async () => {
    await endGently(child);
    await kill();
    rmSync(directory, { recursive: true, force: true });
  };
  const start = async () => {
    child = spawn(options.command, options.args(port, directory), {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options.user,
    });
    await untilAnswers(child, port, options);
  };

  try {
    await options.prepare?.(directory);
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    url: options.url(port),
    directory,
    get pid() {
      return pidOf(child);
    },
    freeze() {
      // Parents first: a stopped parent starts no child that would be missed.
      const pid = pidOf(child);
      signalProcess(pid, 'SIGSTOP');
      for (const each of processTree(pid)) signalProcess(each, 'SIGSTOP');
    },
    thaw() {
      for (const each of processTree(pidOf(child)).reverse()) signalProcess(each, 'SIGCONT');
    },
    kill,
    async restart() {
      await kill();
      await start();
    },
    stop,
  };
}

async function untilAnswers(child: ChildProcess, port: number, options: LocalServerOptions): Promise<void> {
  let output = '';
  let failure: string | null = null;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-4096);
    });
  }
  child.once('error', (error) => {
    failure = error.message;
  });
  child.once('exit', (code, signal) => {
    failure = `ended with ${code ?? signal}`;
  });
  const giveUpAt = Date.now() + options.startTimeoutMs;
  while (!(await options.answers(port))) {
    if (Date.now() > giveUpAt) failure ??= `gave no answer within ${options.startTimeoutMs} ms`;
    if (failure !== null) throw new Error(`${options.name} ${failure}\n${output}`);
    await sleep(25);
  }
}

// To both servers SIGINT means: end soon, in order. A killed PostgreSQL leaves a System V memory segment behind.
async function endGently(child: ChildProcess | null): Promise<void> {
  if (child?.pid === undefined || hasEnded(child)) return;
  const tree = processTree(child.pid);
  signalProcess(child.pid, 'SIGINT');
  for (const pid of tree) signalProcess(pid, 'SIGCONT');
  await once(child, 'exit', { signal: AbortSignal.timeout(3_000) }).catch(() => null);
}

async function allGone(pids: readonly number[]): Promise<void> {
  const giveUpAt = Date.now() + 10_000;
  while (pids.some(isRunning)) {
    if (Date.now() > giveUpAt) throw new Error(`still running after SIGKILL: ${pids.filter(isRunning).join(', ')}`);
    await sleep(5);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function pidOf(child: ChildProcess | null): number {
  if (child?.pid === undefined) throw new Error('the server does not run');
  return child.pid;
}
