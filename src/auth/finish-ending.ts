import { type Ending, markGone } from '../sessions/session-ends.js';
import type { SessionStore } from '../sessions/session-store.js';
import type { Database } from '../sql/database.js';
import type { HookCalls } from './call-hooks.js';

export interface EndingParts {
  readonly database: Database;
  readonly sessionStore: SessionStore;
  /**
   * Called when values are gone: what this process and the others remember of them is too old. Must not throw.
   * @default nobody remembers anything
   */
  readonly forget?: ((tokenHashes: readonly string[]) => void) | undefined;
  /** What back-end code is told. @default nobody is told anything */
  readonly hooks?: HookCalls | undefined;
}

/** One call of the store, and one commit, for so many. */
const BATCH = 100;

/**
 * The second half of every end: delete the values of sessions that are marked, and note that they are gone. What it did
 * not get to do the sweep finds, or the next one who ends the same session.
 *
 * @throws AppError SERVICE_UNAVAILABLE unless every deletion was confirmed.
 */
export async function finishEnding(parts: EndingParts, endings: readonly Ending[]): Promise<void> {
  for (let at = 0; at < endings.length; at += BATCH) await finishBatch(parts, endings.slice(at, at + BATCH));
}

async function finishBatch(parts: EndingParts, endings: readonly Ending[]): Promise<void> {
  const { database, sessionStore, forget, hooks } = parts;
  const tokenHashes = endings.map((ending) => ending.tokenHash);
  const sids = endings.map((ending) => ending.sid);
  await deleteValues(sessionStore, tokenHashes);
  // Not before the deletion: who forgets earlier may read the value once more.
  forget?.(tokenHashes);
  // Should the commit fail, all of this is done again: better told twice than never.
  hooks?.sessionsEnded(endings);
  await database.transaction((sql, now) => markGone(sql, now, sids));
}

async function deleteValues(sessionStore: SessionStore, tokenHashes: readonly string[]): Promise<void> {
  const [only, ...others] = tokenHashes;
  if (only !== undefined && others.length === 0) return sessionStore.delete(only);
  return sessionStore.deleteAll(tokenHashes);
}
