import { recordEvent } from '../audit/record-event.js';
import { AppError } from '../errors.js';
import { type Ending, markEnded, markEndedByToken, markOldestEnded } from '../sessions/session-ends.js';
import { markOpen } from '../sessions/session-rows.js';
import type { Sql } from '../sql/database.js';
import { lockIdentity, lockUser } from '../sql/locks.js';
import type { Attempt } from './open-session.js';
import { brokenProof } from './proof.js';

/** Opened, with sessions that had to make room and whose values are still to be deleted; or why it must not be answered. */
export type Committed = { readonly evicted: readonly Ending[] } | { readonly refusal: AppError };

/** Transaction 2 of a login: opening -> open. What the login rests on is read again here, under the lock. */
export async function openAttempt(
  sql: Sql,
  now: number,
  { row, identity }: Attempt,
  { carriedHash, sessionsPerUser }: { carriedHash: string | null; sessionsPerUser: number },
): Promise<Committed> {
  await lockUser(sql, row.userId);
  await lockIdentity(sql, row.identityId);
  const broken = await brokenProof(sql, row);
  if (broken !== null) {
    await markEnded(sql, now, [row.sid], broken.reason);
    return { refusal: broken.refusal };
  }
  if (!(await markOpen(sql, row.sid))) return { refusal: ended() };
  const by = row.passwordVersion === null ? 'code' : 'password';
  await recordEvent(sql, now, {
    type: 'login',
    ...{ userId: row.userId, sessionId: row.sid, appid: identity.appid, openid: identity.openid, ip: row.ip },
    details: { by, isNewUser: row.isNewUser },
  });
  // Before the cap is counted: the session this one replaces needs no room.
  if (carriedHash !== null) await markEndedByToken(sql, now, carriedHash, 'replaced', row);
  return { evicted: await markOldestEnded(sql, now, row, sessionsPerUser) };
}

function ended(): AppError {
  return new AppError('CODE_INVALID', { reason: 'USED', detail: 'the login was ended before its commit point' });
}
