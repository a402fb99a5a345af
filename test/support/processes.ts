import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { APP_SECRET, APPID, SECRET_KEY_BASE64, searchForSecrets } from './test-gateway.js';

const dist = process.env.PACKED_DIST ?? fileURLToPath(new URL('../../dist', import.meta.url));
/** While a guard is off it runs from the source: the guard is off only in what tests compile. */
const PROGRAM =
  process.env.GUARD_OFF === undefined
    ? [path.join(dist, 'cli', 'main.js')]
    : [
        '--import',
        new URL('./typescript.mjs', import.meta.url).href,
        fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url)),
      ];

/** A gateway in a process of its own, as an operator starts one. */
export interface GatewayProcess {
  readonly child: ChildProcess;
  readonly url: string;
  /** Everything it wrote so far. */
  output(): string;
  graphql(query: string, options?: { variables?: unknown; token?: string }): Promise<Answered>;
  login(code: string, requestId?: string): Promise<Answered>;
  /** SIGKILL; resolves when it is dead. */
  kill(): Promise<void>;
  /** SIGTERM; the exit status. */
  stop(): Promise<number | null>;
  /** Waits for an end that was begun before. */
  ended(): Promise<number | null>;
}

export interface Answered {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  readonly body: any;
}

export interface ProcessOptions {
  /** The text of a module that it runs before anything of ours. */
  readonly before?: string;
  /** How many files and connections it may have open. Not on Windows. */
  readonly openFiles?: number;
}

/** Resolves when it listens; rejects with what it wrote when it ends before that. */
export async function startGatewayProcess(
  env: Record<string, string>,
  { before, openFiles }: ProcessOptions = {},
): Promise<GatewayProcess> {
  const preload = before === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(before)}`];
  const command = [process.execPath, ...preload, ...PROGRAM, 'start'];
  const [program = '', ...args] =
    openFiles === undefined ? command : ['sh', '-c', `ulimit -n ${openFiles}; exec "$0" "$@"`, ...command];
  const child = spawn(program, args, {
    env: {
      PATH: process.env.PATH,
      GUARD_OFF: process.env.GUARD_OFF,
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: '0',
      LOGIN_LIMIT_PER_IP: 'off',
      WECHAT_APPID: APPID,
      WECHAT_SECRET: APP_SECRET,
      SECRET_KEYS: SECRET_KEY_BASE64,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killWithTests = () => child.kill('SIGKILL');
  process.once('exit', killWithTests);
  child.once('exit', () => process.removeListener('exit', killWithTests));
  let output = '';
  const exited = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const started = /"url":"(http:[^"]+)"/.exec(output);
      if (started?.[1] !== undefined) resolve(started[1]);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    exited.then(([status]) => reject(new Error(`the gateway ended with ${status}: ${output}`)), reject);
  });

  const graphql: GatewayProcess['graphql'] = async (query, { variables, token } = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    searchForSecrets('an answer', text);
    return { status: response.status, body: JSON.parse(text) };
  };

  async function end(signal: NodeJS.Signals | null): Promise<number | null> {
    if (signal !== null && child.exitCode === null && child.signalCode === null) child.kill(signal);
    const [status] = await exited;
    searchForSecrets('stdout or stderr', output);
    return status as number | null;
  }

  return {
    child,
    url,
    output: () => output,
    graphql,
    login: (code, requestId) =>
      graphql(
        'mutation ($input: LoginInput!) { login(input: $input) { token isNewUser expiresAt viewer { openid user { id } session { id } } } }',
        {
          variables: { input: { code, ...(requestId === undefined ? {} : { requestId }) } },
        },
      ),
    kill: async () => {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
    ended: () => end(null),
  };
}
