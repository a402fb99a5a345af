import type { Arguments, ArgumentTable } from './arguments.js';

/** One command of menjin: a row of the help and a function. */
export interface Command extends ArgumentTable {
  /** What stands behind the name, in the help: `[user]`. */
  readonly usage: string;
  /** For a beginner; lines of at most 49 characters. */
  readonly doc: readonly string[];
  /** @returns the exit status; null leaves the process running */
  run(given: Arguments): Promise<number | null> | number | null;
}
