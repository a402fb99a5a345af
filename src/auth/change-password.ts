import { recordEvent } from '../audit/record-event.js';
import { AppError } from '../errors.js';
import { countLiveEnded, findUnfinishedOfUser, markEndedOfUser } from '../sessions/session-ends.js';
import { lockUser } from '../sql/locks.js';
import { changeUser, findUser, type UserRow } from '../users/users.js';
import type { PasswordParts } from './check-password.js';
import { type EndingParts, finishEnding } from './finish-ending.js';
import { checkStillOpen } from './still-open.js';
import type { Viewer } from './viewer.js';

export interface ChangePasswordInput {
  readonly currentPassword: string;
  readonly newPassword: string;
  /** Whom limits count. */
  readonly addressBlock: string;
  /** Where it comes from, for the record. */
  readonly ip: string | null;
}

/**
 * Gives the viewer's user another password and ends all their sessions but this one. The same again, after an answer was
 * lost, ends what was not ended yet.
 *
 * @returns how many live sessions it were.
 * @throws AppError WRONG_CREDENTIALS, also for a user without a password; WEAK_PASSWORD; BAD_USER_INPUT; RATE_LIMITED after
 *   too many wrong tries; UNAUTHENTICATED; SERVICE_UNAVAILABLE when it may or may not have happened: the same again
 *   settles it.
 */
export type ChangePassword = (viewer: Viewer, input: ChangePasswordInput) => Promise<{ sessionsEnded: number }>;

type Registered = UserRow & { readonly username: string; readonly passwordHash: string };

export function createChangePassword(parts: PasswordParts & EndingParts): ChangePassword {
  const { database, passwords, checkPassword } = parts;

  return async (viewer, { currentPassword, newPassword, addressBlock, ip }) => {
    const { tenant, appid, openid, session } = viewer;
    const userId = viewer.user.id;
    const user = await findRegistered();
    const { username } = user;

    const right = await checkPassword({ tenant, username, addressBlock }, async () => {
      if (await passwords.verify(currentPassword, user.passwordHash)) return 'current';
      return (await passwords.verify(newPassword, user.passwordHash)) ? 'new' : null;
    });
    if (right === null) throw new AppError('WRONG_CREDENTIALS');
    if (right === 'new') return finish();

    await passwords.check(newPassword, username);
    const passwordHash = await passwords.hash(newPassword);
    const endings = await database.transaction(async (sql, now) => {
      // First: whoever opens a session of this user has done it before, or finds another password.
      await lockUser(sql, userId);
      const { passwordVersion } = await checkStillOpen(sql, viewer);
      if (passwordVersion !== user.passwordVersion) return null;
      await changeUser(sql, userId, { passwordHash, passwordVersion: passwordVersion + 1 });
      const marked = await markEndedOfUser(sql, now, userId, { except: session.id, reason: 'password changed' });
      const who = { userId, sessionId: session.id, appid, openid, ip };
      await recordEvent(sql, now, {
        type: 'password_changed',
        ...who,
        details: { sessionsEnded: countLiveEnded(marked) },
      });
      return marked;
    });
    if (endings === null) return afterAnother();
    await finishEnding(parts, endings);
    return { sessionsEnded: countLiveEnded(endings) };

    async function findRegistered(): Promise<Registered> {
      const found = await database.query((sql) => findUser(sql, userId));
      if (found === null || found.status !== 'active') throw new AppError('UNAUTHENTICATED');
      const { username: name, passwordHash: hash } = found;
      if (name === null || hash === null)
        throw new AppError('WRONG_CREDENTIALS', { detail: 'the user has no password' });
      return { ...found, username: name, passwordHash: hash };
    }

    /** Somebody was faster: this very request, sent twice, or one with another new password. */
    async function afterAnother(): Promise<{ sessionsEnded: number }> {
      const { passwordHash: hash } = await findRegistered();
      if (await passwords.verify(newPassword, hash)) return finish();
      throw new AppError('WRONG_CREDENTIALS', { detail: 'the password was changed meanwhile' });
    }

    /** It has happened before. What was begun since then goes on. */
    async function finish(): Promise<{ sessionsEnded: number }> {
      const unfinished = await database.query((sql, now) => findUnfinishedOfUser(sql, now, userId, 'password changed'));
      await finishEnding(parts, unfinished);
      return { sessionsEnded: countLiveEnded(unfinished) };
    }
  };
}
