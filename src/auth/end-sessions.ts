import { recordEvent } from '../audit/record-event.js';
import { countLiveEnded, countNewlyEnded, type Ending, markEndedOfUser } from '../sessions/session-ends.js';
import type { Sql } from '../sql/database.js';
import { lockUser } from '../sql/locks.js';
import { type EndingParts, finishEnding } from './finish-ending.js';

export interface EndedSessions {
  /** Only this session, or all but this one. */
  readonly only?: string;
  readonly except?: string | null;
  readonly by: 'viewer' | 'operator';
}

/**
 * Ends the sessions of a user, those that are being opened too: a login whose row was there is refused, a login whose row
 * comes later is a later login.
 *
 * @returns how many live ones it were.
 * @throws AppError SERVICE_UNAVAILABLE when they may or may not have ended; the same again settles it.
 */
export async function endSessionsOfUser(
  parts: EndingParts,
  userId: string,
  { by, ...which }: EndedSessions,
): Promise<number> {
  const endings = await parts.database.transaction(async (sql, now) => {
    // First: whoever opens a session of this user has done it before, or finds its row ended afterwards.
    await lockUser(sql, userId);
    const marked = await markEndedOfUser(sql, now, userId, which);
    await recordRevoke(sql, now, marked, { userId, sessionId: which.only ?? null, by });
    return marked;
  });
  await finishEnding(parts, endings);
  return countLiveEnded(endings);
}

/** Of ends that were marked before, and are finished now, it was written then. */
export async function recordRevoke(
  sql: Sql,
  now: number,
  marked: readonly Ending[],
  { by, ...whose }: { userId: string | null; sessionId?: string | null; by: EndedSessions['by'] },
): Promise<void> {
  const ended = countNewlyEnded(marked);
  if (ended > 0) await recordEvent(sql, now, { type: 'revoke', ...whose, details: { ended, by } });
}
