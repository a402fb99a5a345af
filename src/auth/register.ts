import { recordEvent } from '../audit/record-event.js';
import { AppError } from '../errors.js';
import { isUniqueViolation } from '../sql/database.js';
import { lockUser } from '../sql/locks.js';
import { parseUsername } from '../users/username.js';
import { changeUser, findByUsername, findUser, type UserRow } from '../users/users.js';
import type { PasswordParts } from './check-password.js';
import { checkStillOpen } from './still-open.js';
import type { Viewer } from './viewer.js';

export interface RegisterInput {
  readonly username: string;
  readonly password: string;
  /** Whom limits count. */
  readonly addressBlock: string;
  /** Where it comes from, for the record. */
  readonly ip: string | null;
}

/**
 * Gives the viewer's user a username and a password. The same again, after an answer was lost, is answered as the first.
 *
 * @throws AppError BAD_USER_INPUT, WEAK_PASSWORD, USERNAME_TAKEN, FORBIDDEN (`ALREADY_REGISTERED`) when the user has
 *   another username or password, UNAUTHENTICATED, RATE_LIMITED, SERVICE_UNAVAILABLE (send the same again).
 */
export type Register = (viewer: Viewer, input: RegisterInput) => Promise<void>;

export function createRegister({ database, passwords, checkPassword }: PasswordParts): Register {
  return async (viewer, { username: typed, password, addressBlock, ip }) => {
    const { tenant, appid, openid } = viewer;
    const userId = viewer.user.id;
    const username = parseUsername(typed);
    await passwords.check(password, username);

    const { isTaken, user } = await database.query(async (sql) => ({
      isTaken: (await findByUsername(sql, tenant, username)) !== null,
      user: await findUser(sql, userId),
    }));
    if (user?.status !== 'active') throw new AppError('UNAUTHENTICATED');
    if (user.username !== null) return repeat(user);
    // What needs no hash gets none: each takes its time.
    if (isTaken) throw new AppError('USERNAME_TAKEN');

    const passwordHash = await passwords.hash(password);
    const registered = await database
      .transaction(async (sql, now) => {
        await lockUser(sql, userId);
        const again = await checkStillOpen(sql, viewer);
        if (again.username !== null) return again;
        await changeUser(sql, userId, { username, passwordHash, passwordVersion: again.passwordVersion + 1 });
        const sessionId = viewer.session.id;
        await recordEvent(sql, now, { type: 'register', userId, sessionId, appid, openid, ip, details: { username } });
        return null;
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new AppError('USERNAME_TAKEN') : error;
      });
    if (registered !== null) await repeat(registered);

    /** Whether what is there is what was asked for. Counted like a login: else it would tell passwords. */
    async function repeat({ username: known, passwordHash: hash }: UserRow): Promise<void> {
      const isSame =
        known === username &&
        (await checkPassword({ tenant, username, addressBlock }, async () =>
          (await passwords.verify(password, hash)) ? true : null,
        ));
      if (!isSame) throw new AppError('FORBIDDEN', { reason: 'ALREADY_REGISTERED' });
    }
  };
}
