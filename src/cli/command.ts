import type { Arguments, ArgumentTable } from './arguments.js';

/** What is done, and what may stand behind its name. */
export interface Action extends ArgumentTable {
  /** @returns the exit status; null leaves the process running */
  run(given: Arguments): Promise<number | null> | number | null;
}

/** One command of menjin: a row of the help, and what it does, or several things under names of their own. */
export type Command = {
  /** What stands behind the name, in the help: `[user]`. */
  readonly usage: string;
  /** For a beginner; lines of at most 49 characters. */
  readonly doc: readonly string[];
} & (Action | { readonly actions: Readonly<Record<string, NamedAction>> });

export interface NamedAction extends Action {
  /** What stands behind its name. */
  readonly usage: string;
}
