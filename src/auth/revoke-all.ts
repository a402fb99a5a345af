import { markEndedAfter } from '../sessions/all-sessions.js';
import { countLiveEnded } from '../sessions/session-ends.js';
import { recordRevoke } from './end-sessions.js';
import { type EndingParts, finishEnding } from './finish-ending.js';

const BATCH = 100;

/**
 * Ends every session of the deployment that is there when it begins. Interrupted, it is begun again.
 *
 * @param onBatch is told how many have ended so far, and waited for: logins take their turn meanwhile.
 * @returns how many live ones have ended.
 * @throws AppError SERVICE_UNAVAILABLE; what has ended stays ended.
 */
export async function revokeAll(parts: EndingParts, onBatch: (ended: number) => Promise<void> | void): Promise<number> {
  const { database } = parts;
  const createdUntil = await database.query(async (_sql, now) => now);
  let ended = 0;
  for (let afterSid = ''; ; ) {
    const from = afterSid;
    const endings = await database.transaction(async (sql, now) => {
      const marked = await markEndedAfter(sql, now, { afterSid: from, createdUntil, limit: BATCH });
      await recordRevoke(sql, now, marked, { userId: null, by: 'operator' });
      return marked;
    });
    const last = endings.at(-1);
    if (last === undefined) return ended;
    await finishEnding(parts, endings);
    ended += countLiveEnded(endings);
    await onBatch(ended);
    afterSid = last.sid;
  }
}
