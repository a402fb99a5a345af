import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Cores, onCore } from './cores.js';
import { NODE_FLAGS } from './gateways.js';

const RUNNER = fileURLToPath(new URL('peers/run.mjs', import.meta.url));

/** A request as a peer wants it; `{{value}}` in it stands for what differs from one to the next. */
export interface RequestShape {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One of bench/peers, in a process of its own. */
export interface Peer {
  readonly pid: number;
  /** null when it answers no requests. */
  readonly url: string | null;
  /** null: a POST to /graphql with the token as its bearer. */
  readonly request: RequestShape | null;
  /** In place of the tokens. */
  readonly values: readonly string[] | null;
  /** Of those that do their work themselves. */
  work(seconds: number): Promise<{ requests: number; perSecond: number }>;
  count(): Promise<number>;
  close(): Promise<void>;
}

export interface PeerOptions {
  readonly core?: keyof Cores | 'any';
  readonly env?: Readonly<Record<string, string>>;
}

type Started = Pick<Peer, 'url' | 'request' | 'values'>;

export async function startPeer(name: string, given: object = {}, options: PeerOptions = {}): Promise<Peer> {
  const { core = 'server', env = {} } = options;
  const [command = '', ...args] = onCore(core, [
    process.execPath,
    ...(name.startsWith('menjin') ? NODE_FLAGS : []),
    RUNNER,
    name,
  ]);
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const call = createCalls(child);
  const { url, request, values } = await call.ready
    .then(() => call('start', given) as Promise<Started>)
    .catch((error: unknown) => {
      child.kill();
      throw error;
    });
  return {
    ...{ pid: child.pid ?? 0, url, request, values },
    work: (seconds) => call('work', seconds) as Promise<{ requests: number; perSecond: number }>,
    count: () => call('count') as Promise<number>,
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      await call('close');
      child.disconnect();
      await exited;
    },
  };
}

interface Answer {
  readonly id?: number;
  readonly value?: unknown;
  readonly failure?: string;
}

/** Questions to a child, each answered once; all fail when it ends. */
function createCalls(child: ChildProcess) {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let asked = 0;
  const ready = new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('error', reject);
    child.once('exit', (status, signal) => {
      const error = new Error(`a peer ended with ${status ?? signal}`);
      reject(error);
      for (const { reject: fail } of waiting.values()) fail(error);
      waiting.clear();
    });
  });
  child.on('message', ({ id, value, failure }: Answer) => {
    const waiter = waiting.get(id ?? 0);
    waiting.delete(id ?? 0);
    if (failure === undefined) waiter?.resolve(value);
    else waiter?.reject(new Error(failure));
  });
  const call = (name: string, given?: unknown) =>
    new Promise<unknown>((resolve, reject) => {
      asked += 1;
      waiting.set(asked, { resolve, reject });
      child.send({ id: asked, call: name, given });
    });
  return Object.assign(call, { ready });
}
