import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The checkout. */
export const root = path.resolve(fileURLToPath(new URL('../..', import.meta.url)));
/** The empty project that has installed the package: scripts/packed-sandbox.mjs. */
export const project = process.env.PACKED_PROJECT ?? '';
/** The package in it. */
export const menjin = path.join(project, 'node_modules', 'menjin');

/** Nothing of this machine's settings, and the same on every system. */
const cleanEnv = { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, HOST: '127.0.0.1', PORT: '0' };

/** Files of somebody's in a folder of the project, made when it is not there. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): string {
  const directory = path.join(project, folder);
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text);
  return directory;
}

/** Runs Node in a folder until it ends. Rejects with what it wrote when it fails. */
export async function runNode(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, args, { cwd: folder, env: { ...cleanEnv, ...env }, timeout: 60_000 });
}

/** `npm run ...` in a folder, as a README says it. Rejects with what it wrote when it fails. */
export async function runNpm(folder: string, ...args: string[]): Promise<void> {
  const { npm } = (await import(new URL('../../scripts/npm.mjs', import.meta.url).href)) as {
    npm(...args: string[]): { command: string; args: string[]; shell?: boolean };
  };
  const { command, args: line, shell = false } = npm(...args);
  try {
    await run(command, line, { cwd: folder, shell, timeout: 100_000 });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`npm ${args.join(' ')} failed in ${path.basename(folder)}:\n${stdout}\n${stderr}`);
  }
}

/** Somebody's program that starts a gateway and prints where it is. It closes it when its stdin ends, or at a signal. */
export interface Program {
  readonly url: string;
  graphql(query: string, token?: string | null): Promise<Answer>;
  /** A whole login of a test user of the simulator; the token. */
  logIn(user: string): Promise<string>;
  /** Lets it close its gateway, by a signal when there is one; resolves when the process has ended by itself. */
  end(signal?: NodeJS.Signals): Promise<Ended>;
  kill(): void;
}

export interface Answer {
  readonly status: number;
  readonly data: Record<string, unknown> | null;
  /** `extensions.code` of every error. */
  readonly codes: readonly unknown[];
}

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it wrote after the line that `url` was read from. */
  readonly stdout: string;
  readonly stderr: string;
}

export async function startProgram(file: string, env: Readonly<Record<string, string>> = {}): Promise<Program> {
  const child = spawn(process.execPath, [file], { cwd: path.dirname(file), env: { ...cleanEnv, ...env } });
  const killWithTests = () => child.kill('SIGKILL');
  process.once('exit', killWithTests);
  const output = { stdout: '', stderr: '' };
  const closed = once(child, 'close').then(([status, signal]) => {
    process.removeListener('exit', killWithTests);
    return { status, signal, stdout: output.stdout.replace(/^.*\n/, ''), stderr: output.stderr } as Ended;
  });
  const url = await urlPrintedBy(child, output, closed);

  const post = async (pathname: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}${pathname}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const graphql: Program['graphql'] = async (query, token = null) => {
    const headers = token === null ? undefined : { authorization: `Bearer ${token}` };
    const { status, body } = await post('/graphql', { query }, headers);
    const errors = (body.errors ?? []) as { extensions?: { code?: unknown } }[];
    return {
      status,
      data: (body.data ?? null) as Answer['data'],
      codes: errors.map((error) => error.extensions?.code),
    };
  };
  return {
    url,
    graphql,
    logIn: async (user) => {
      const { code } = (await post('/simulator/codes', { user })).body;
      const { data } = await graphql(`mutation { login(input: { code: "${code}" }) { token } }`);
      return (data?.login as { token: string } | undefined)?.token ?? '';
    },
    end: (signal) => {
      if (signal === undefined) child.stdin.end();
      else child.kill(signal);
      return closed;
    },
    kill: killWithTests,
  };
}

async function urlPrintedBy(
  child: ChildProcess,
  output: { stdout: string; stderr: string },
  closed: Promise<Ended>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(`it ended before it printed a URL: ${output.stdout}${output.stderr}`));
    closed.then(fail, reject);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
        const url = /(http:\/\/[\d.]+:\d+).*\n/.exec(output.stdout)?.[1];
        if (url !== undefined) resolve(url);
      });
    }
  });
}
