import { recordEvent } from '../audit/record-event.js';
import { countLiveEnded, countNewlyEnded, type Ending, markEndedOfPerson } from '../sessions/session-ends.js';
import type { Sql } from '../sql/database.js';
import { lockIdentitiesOf, lockUser } from '../sql/locks.js';
import { findIdentitiesOf } from '../users/identities.js';
import { changeUser, findUser, resolveUser, type UserRow } from '../users/users.js';
import { type EndingParts, finishEnding } from './finish-ending.js';

export interface Banned {
  /** Another one than was asked for when that user was merged: who they are now. */
  readonly userId: string;
  /** Whether it was so before. */
  readonly was: boolean;
  /** How many live sessions have ended. */
  readonly sessionsEnded: number;
}

/**
 * Bans a user: no login comes to them any more, and every session ends that acts as them or was opened through an identity of
 * theirs. The same again ends what was not ended yet.
 *
 * @returns null when there is no such user, or their account was closed.
 * @throws AppError SERVICE_UNAVAILABLE when it may or may not have happened: the same again settles it.
 */
export async function banUser(parts: EndingParts, userId: string): Promise<Banned | null> {
  const marked = await parts.database.transaction(async (sql, now) => {
    const user = await lockResolved(sql, userId);
    if (user === null) return null;
    const was = user.status === 'banned';
    if (!was) await changeUser(sql, user.id, { status: 'banned' });
    const endings = await markAll(sql, now, user.id);
    const ended = countNewlyEnded(endings);
    if (!was) await recordEvent(sql, now, { type: 'banned', userId: user.id, details: { sessionsEnded: ended } });
    return { userId: user.id, was, endings };
  });
  if (marked === null) return null;
  await finishEnding(parts, marked.endings);
  return { userId: marked.userId, was: marked.was, sessionsEnded: countLiveEnded(marked.endings) };
}

/**
 * Takes a ban back. Sessions that it has ended stay ended. The same again does nothing.
 *
 * @returns null when there is no such user, or their account was closed.
 * @throws AppError SERVICE_UNAVAILABLE when it may or may not have happened: the same again settles it.
 */
export async function unbanUser(
  { database }: Pick<EndingParts, 'database'>,
  userId: string,
): Promise<Omit<Banned, 'sessionsEnded'> | null> {
  return database.transaction(async (sql, now) => {
    const user = await lockResolved(sql, userId);
    if (user === null) return null;
    const was = user.status === 'banned';
    if (was) {
      await changeUser(sql, user.id, { status: 'active' });
      await recordEvent(sql, now, { type: 'unbanned', userId: user.id });
    }
    return { userId: user.id, was };
  });
}

const MAX_TRIES = 5;

/** The user whom this id names, locked; null for one who is no more. */
async function lockResolved(sql: Sql, userId: string): Promise<UserRow | null> {
  let user = await resolveUser(sql, userId);
  for (let tries = 0; user !== null && tries < MAX_TRIES; tries += 1) {
    await lockUser(sql, user.id);
    // They may have been merged, or closed, while we waited.
    const again = await findUser(sql, user.id);
    if (again?.status === 'active' || again?.status === 'banned') return again;
    user = again?.mergedInto == null ? null : await findUser(sql, again.mergedInto);
  }
  return null;
}

/** Whoever opens a session through one of the identities has done it before their lock, or finds the ban. */
async function markAll(sql: Sql, now: number, userId: string): Promise<Ending[]> {
  await lockIdentitiesOf(sql, userId);
  const identityIds = (await findIdentitiesOf(sql, userId)).map(({ id }) => id);
  return markEndedOfPerson(sql, now, { userId, identityIds }, 'banned');
}
