import type { Question, Reply } from './child-process.js';

export type Commands = Readonly<Record<string, (...args: never[]) => unknown>>;

/** The other end of `startChild`, in the child. It lives until its parent has gone or killed it. */
export function answerCommands(commands: Commands): void {
  process.on('message', async ({ id, command, args }: Question) => {
    try {
      const work = commands[command] as (...args: readonly unknown[]) => unknown;
      process.send?.({ id, result: (await work(...args)) ?? null } satisfies Reply);
    } catch (error) {
      process.send?.({ id, failure: `${error}` } satisfies Reply);
    }
  });
}
