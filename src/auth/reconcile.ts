import { findUnderWay } from '../sessions/all-sessions.js';
import { type EndingParts } from './finish-ending.js';

export interface ReconcileCount {
  /** Values looked at so far. */
  readonly values: number;
  /** Those that no open session has. */
  readonly deleted: number;
}

const BATCH = 100;

/**
 * Deletes the values of the session store that no open session has: what a backup of the store has brought back, or what a
 * database that was restored knows nothing of. Looks at every value there is. May be stopped at any moment and begun again,
 * and run beside gateways: a login has a row before it has a value.
 *
 * @param isTrial counts them and deletes nothing.
 * @param onBatch is waited for: gateways take their turn meanwhile.
 * @throws AppError SERVICE_UNAVAILABLE; what was deleted stays deleted.
 */
export async function reconcile(
  { database, sessionStore, forget }: EndingParts,
  { isTrial, onBatch }: { isTrial: boolean; onBatch: (soFar: ReconcileCount) => Promise<void> | void },
): Promise<ReconcileCount> {
  let soFar: ReconcileCount = { values: 0, deleted: 0 };
  for await (const page of sessionStore.scan()) {
    for (let at = 0; at < page.length; at += BATCH) {
      const tokenHashes = page.slice(at, at + BATCH);
      // Only now: whose value was found had a row by then, unless it has none any more.
      const alive = await database.query((sql) => findUnderWay(sql, tokenHashes));
      const dead = tokenHashes.filter((tokenHash) => !alive.has(tokenHash));
      if (!isTrial && dead.length > 0) {
        await sessionStore.deleteAll(dead);
        forget?.(dead);
      }
      soFar = { values: soFar.values + tokenHashes.length, deleted: soFar.deleted + dead.length };
      await onBatch(soFar);
    }
  }
  return soFar;
}
