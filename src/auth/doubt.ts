import { isTokenOpen } from '../sessions/session-rows.js';
import type { SessionStore } from '../sessions/session-store.js';
import type { Database } from '../sql/database.js';

/**
 * What requests read of a store that may have come back from an older state: ended sessions may be in it. Nobody waits until
 * they are deleted again: so long what it holds is believed only when the row of the session says the same.
 */
export interface Doubt extends Pick<SessionStore, 'get'> {
  /** It may have come back just now. */
  begin(): void;
  /** Waits for the batch at work. */
  close(): Promise<void>;
}

/** @param deleteAgain deletes all that may be there again, and does not return before it has or is told to stop. */
export function createDoubt(parts: {
  database: Database;
  sessionStore: Pick<SessionStore, 'get'>;
  deleteAgain: (signal: AbortSignal) => Promise<void>;
}): Doubt {
  const { database, sessionStore, deleteAgain } = parts;
  const stop = new AbortController();
  let begun = 0;
  let settled = 0;
  let working: Promise<void> | null = null;

  /** One at a time. What began meanwhile is settled after it: it may have deleted before the store came back. */
  async function settle(): Promise<void> {
    while (settled < begun) {
      const all = begun;
      await deleteAgain(stop.signal);
      if (stop.signal.aborted) return;
      settled = all;
    }
    working = null;
  }

  return {
    get: async (tokenHash) => {
      const found = await sessionStore.get(tokenHash);
      if (settled === begun || found === null || found === 'corrupt') return found;
      return (await database.query((sql) => isTokenOpen(sql, tokenHash))) ? found : null;
    },
    begin: () => {
      begun += 1;
      working ??= settle();
    },
    close: async () => {
      stop.abort();
      await working;
    },
  };
}
