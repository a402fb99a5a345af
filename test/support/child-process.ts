import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A TypeScript module of the tests as a process of its own. */
export interface TestChild {
  /** What the command answers; rejects with what it failed with, or when the process ends before it answered. */
  ask(command: string, ...args: readonly unknown[]): Promise<unknown>;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface Question {
  readonly id: number;
  readonly command: string;
  readonly args: readonly unknown[];
}

export type Reply = { readonly id: number } & ({ readonly result: unknown } | { readonly failure: string });

/**
 * @param script a module that calls `answerCommands`.
 * @param env what its environment has beside ours.
 */
export function startChild(script: URL, env: Readonly<Record<string, string>> = {}): TestChild {
  const child = fork(fileURLToPath(script), {
    env: { ...process.env, ...env },
    execArgv: ['--import', new URL('./typescript.mjs', import.meta.url).href],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit');
  const waiting = new Map<number, (reply: Reply) => void>();
  let lastId = 0;
  child.on('message', (reply: Reply) => {
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  });
  child.on('exit', () => {
    for (const [id, settle] of waiting) settle({ id, failure: `the process ended with ${endOf(child)}` });
    waiting.clear();
  });

  return {
    ask: (command, ...args) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, (reply) => ('result' in reply ? resolve(reply.result) : reject(new Error(reply.failure))));
        child.send({ id: lastId, command, args } satisfies Question);
      }),
    kill: async () => {
      if (endOf(child) === null) child.kill('SIGKILL');
      await gone;
    },
  };
}

function endOf({ exitCode, signalCode }: ChildProcess): number | NodeJS.Signals | null {
  return exitCode ?? signalCode;
}
