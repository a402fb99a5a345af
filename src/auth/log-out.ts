import { recordEvent } from '../audit/record-event.js';
import { markEndedByToken } from '../sessions/session-ends.js';
import { hashToken, isToken } from '../sessions/token.js';
import { type EndingParts, finishEnding } from './finish-ending.js';

/**
 * Ends the session a token names.
 *
 * @returns whether there was a live one: false for no token, a dead one, or one that never was.
 * @throws AppError SERVICE_UNAVAILABLE when it may or may not have ended; the same again settles it.
 */
export type LogOut = (token: string | null) => Promise<{ ended: boolean }>;

export function createLogOut(parts: EndingParts): LogOut {
  const { database, sessionStore, forget } = parts;
  return async (token) => {
    if (token === null || !isToken(token)) return { ended: false };
    const tokenHash = hashToken(token);
    const ending = await database.transaction(async (sql, now) => {
      const marked = await markEndedByToken(sql, now, tokenHash, 'logout');
      if (marked?.isNew && marked.wasLive) {
        await recordEvent(sql, now, { type: 'logout', userId: marked.userId, sessionId: marked.sid });
      }
      return marked;
    });
    if (ending === null) {
      // No row knows this token, so its value, if there is one, belongs to nobody.
      await sessionStore.delete(tokenHash);
      forget?.([tokenHash]);
      return { ended: false };
    }
    await finishEnding(parts, [ending]);
    return { ended: ending.wasLive };
  };
}
