import { type Ending, markGone } from '../sessions/session-rows.js';
import type { SessionStore } from '../sessions/session-store.js';
import type { Database } from '../sql/database.js';

/**
 * The second half of every end: delete the values of sessions that are marked, and note that they are gone. What it did
 * not get to do is found again by the next one who ends the same session.
 *
 * @throws AppError SERVICE_UNAVAILABLE unless every deletion was confirmed.
 */
export async function finishEnding(
  { database, sessionStore }: { database: Database; sessionStore: SessionStore },
  endings: readonly Ending[],
): Promise<void> {
  if (endings.length === 0) return;
  for (const ending of endings) await sessionStore.delete(ending.tokenHash);
  await database.transaction((sql, now) =>
    markGone(
      sql,
      now,
      endings.map((ending) => ending.sid),
    ),
  );
}
