import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../test/support/ports.js';
import { type Cores, onCore } from './cores.js';

const PROGRAM = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const START_TIMEOUT_MS = 20_000;
/** For a profile of what is measured: `--cpu-prof --cpu-prof-dir=/tmp/profiles`. */
export const NODE_FLAGS = process.env.BENCH_NODE_FLAGS?.split(' ') ?? [];

export const APPID = 'wx0123456789abcdef';

/** As in production: what is built, its log in a file, metrics counted and served, nobody told to wait. */
export function productionEnv(folder: string): Record<string, string> {
  return {
    ...{ NODE_ENV: 'production', HOST: '127.0.0.1', PORT: '0', ADMIN_PORT: '0', LOG_LEVEL: 'info', DATA_DIR: folder },
    ...{ WECHAT_APPID: APPID, WECHAT_SECRET: '0123456789abcdef0123456789abcdef', WECHAT_API_URL: 'http://127.0.0.1:9' },
    ...{ SECRET_KEYS: Buffer.alloc(32, 7).toString('base64'), LOGIN_LIMIT_PER_IP: 'off' },
  };
}

/** menjin as an operator starts it. */
export interface RunningMenjin {
  readonly pid: number;
  readonly url: string;
  readonly child: ChildProcess;
  /** Everything it wrote so far. */
  log(): string;
  stop(): Promise<void>;
}

let started = 0;

/** Resolves as soon as it listens, or also when /readyz says that every store has answered. */
export async function startMenjin(
  folder: string,
  env: Readonly<Record<string, string>> = {},
  { core = 'server', isReady = true }: { core?: keyof Cores | 'any'; isReady?: boolean } = {},
): Promise<RunningMenjin> {
  const port = await freePort();
  started += 1;
  const logFile = path.join(folder, `menjin-${started}.log`);
  const log = openSync(logFile, 'w');
  const [command = '', ...args] = onCore(core, [process.execPath, ...NODE_FLAGS, PROGRAM, 'start']);
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, ...productionEnv(folder), PORT: `${port}`, ...env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  child.once('exit', () => process.removeListener('exit', killWithUs));
  const url = `http://127.0.0.1:${port}`;
  const written = () => readFileSync(logFile, 'utf8');
  try {
    await answers(`${url}/${isReady ? 'readyz' : 'healthz'}`, child, written);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    ...{ pid: child.pid ?? 0, url, child },
    log: written,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function answers(url: string, child: ChildProcess, log: () => string): Promise<void> {
  const until = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    if (child.exitCode !== null || performance.now() > until) throw new Error(`menjin did not start: ${log()}`);
    const response = await fetch(url).catch(() => null);
    await response?.text();
    if (response?.status === 200) return;
    await wait(10);
  }
}

/** One request from here, for what is not measured. */
export async function askMenjin(url: string, query: string, options: { token?: string; variables?: object } = {}) {
  const { token, variables } = options;
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, text: await response.text() };
}
