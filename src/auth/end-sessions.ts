import { markEndedOfUser } from '../sessions/session-ends.js';
import { lockUser } from '../sql/locks.js';
import { type EndingParts, finishEnding } from './finish-ending.js';

/**
 * Ends the sessions of a user, those that are being opened too: a login whose row was there is refused, a login whose row
 * comes later is a later login.
 *
 * @param which `only` this session, or all `except` this one.
 * @returns how many live ones it were.
 * @throws AppError SERVICE_UNAVAILABLE when they may or may not have ended; the same again settles it.
 */
export async function endSessionsOfUser(
  parts: EndingParts,
  userId: string,
  which: { readonly only?: string; readonly except?: string | null } = {},
): Promise<number> {
  const endings = await parts.database.transaction(async (sql, now) => {
    // First: whoever opens a session of this user has done it before, or finds its row ended afterwards.
    await lockUser(sql, userId);
    return markEndedOfUser(sql, now, userId, which);
  });
  await finishEnding(parts, endings);
  return endings.filter((ending) => ending.wasLive).length;
}
