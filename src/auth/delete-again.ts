import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { type EndedSession, findEnded } from '../sessions/sweep-rows.js';
import type { EndingParts } from './finish-ending.js';
import { KEPT_MS } from './sweep.js';

const BATCH = 100;
const RETRY_MS = 100;
/** A store that is only just being connected to is no failure. */
const WARN_AFTER_ATTEMPTS = 50;

/**
 * Deletes again what has ended in the last 24 h, from a store that may have come back from an older state. Writes nothing down,
 * so that every process may do it at every start: to delete what is not there costs little. Tries each batch until the store
 * has confirmed it.
 *
 * @param onFailure called once for a batch that fails for seconds.
 */
export async function deleteAgain(
  { database, sessionStore }: Pick<EndingParts, 'database' | 'sessionStore'>,
  onFailure: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  /** null: stopped before it went through. */
  async function untilDone<T>(work: () => Promise<T>): Promise<T | null> {
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (attempt === WARN_AFTER_ATTEMPTS) onFailure(error);
      }
      await wait(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
    return null;
  }

  /** The last of a batch that may not be the last one. */
  async function deleteSome(which: 'unfinished' | 'gone', endedAfter: number, after: EndedSession | null) {
    const ended = await database.query((sql) => findEnded(sql, which, { endedAfter, after, limit: BATCH }));
    if (ended.length === 0) return null;
    await sessionStore.deleteAll(ended.map(({ tokenHash }) => tokenHash));
    return ended.length < BATCH ? null : (ended.at(-1) ?? null);
  }

  const endedAfter = await untilDone(() => database.query(async (_sql, at) => at - KEPT_MS));
  if (endedAfter === null) return;
  // In this order: an end that somebody is finishing meanwhile is among these or among those.
  for (const which of ['unfinished', 'gone'] as const) {
    for (let last: EndedSession | null = null; ; await turn()) {
      const after: EndedSession | null = last;
      last = await untilDone(() => deleteSome(which, endedAfter, after));
      if (last === null) break;
    }
  }
}
