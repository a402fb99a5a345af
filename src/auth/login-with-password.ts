import { recordEvent } from '../audit/record-event.js';
import { AppError, type ErrorCode } from '../errors.js';
import type { App } from '../platforms/platform.js';
import { lockUser } from '../sql/locks.js';
import { needsRehash } from '../users/password-hasher.js';
import { parseUsername } from '../users/username.js';
import { changeUser, findByUsername, findUser, type UserRow } from '../users/users.js';
import type { PasswordParts } from './check-password.js';
import type { LoggedIn, LogIn, LogInInput } from './log-in.js';
import type { Account } from './proof.js';

export interface LogInWithPasswordInput extends Omit<LogInInput, 'account'> {
  readonly username: string;
  readonly password: string;
  /** Whether the phone's identity comes to the account; else it stays whose it is, and only this session is the account's. */
  readonly link: boolean;
}

/**
 * Trades a code for a session of an account whose password is given. A wrong password spends no code. Sent again, it is
 * judged again, and answers as a login that is sent again does.
 *
 * @throws AppError as a login does; WRONG_CREDENTIALS for an unknown account as for a wrong password, IDENTITY_TAKEN,
 *   RATE_LIMITED after too many wrong tries.
 */
export type LogInWithPassword = (input: LogInWithPasswordInput) => Promise<LoggedIn>;

export function createLogInWithPassword(parts: PasswordParts & { readonly logIn: LogIn }): LogInWithPassword {
  const { logIn, database, passwords, checkPassword } = parts;

  return async ({ username: typed, password, link, ...login }) => {
    const username = parseUsername(typed);
    return logIn({ ...login, account: findAccount });

    async function findAccount(app: App): Promise<Account> {
      const { tenant } = app;
      let found: UserRow | null = null;
      const user = await checkPassword({ tenant, username, addressBlock: login.addressBlock }, async () => {
        found = await database.query((sql) => findByUsername(sql, tenant, username));
        return (await passwords.verify(password, found?.passwordHash ?? null)) ? found : null;
      });
      if (user === null) throw await refused(app, found, 'WRONG_CREDENTIALS');
      if (user.status !== 'active') throw await refused(app, user, 'USER_BLOCKED');
      await renewHash(user).catch(() => undefined);
      const owner = link ? ({ userId: user.id, merges: 'bare', because: 'password' } as const) : null;
      const { id, createdAt, status, passwordVersion } = user;
      return { username, user: { id, createdAt, status }, passwordVersion, owner };
    }

    /** Best effort: a database that does not answer makes no other refusal of it. */
    async function refused({ appid }: App, user: UserRow | null, code: ErrorCode): Promise<AppError> {
      // A name that is nobody's may be a password in the wrong place.
      const details = { by: 'password', code, username: user?.username ?? null };
      const event = {
        type: 'login_refused',
        userId: user?.id ?? null,
        appid,
        ip: login.origin?.ip ?? null,
        details,
      } as const;
      await database.transaction((sql, now) => recordEvent(sql, now, event)).catch(() => undefined);
      return new AppError(code, code === 'USER_BLOCKED' ? { detail: 'banned here' } : {});
    }

    /** The only moment at which the password is there to be hashed again. Should it fail, the next login tries. */
    async function renewHash({ id, passwordHash }: UserRow): Promise<void> {
      if (passwordHash === null || !needsRehash(passwordHash)) return;
      const renewed = await passwords.hash(password);
      await database.transaction(async (sql) => {
        await lockUser(sql, id);
        const again = await findUser(sql, id);
        if (again?.passwordHash === passwordHash) await changeUser(sql, id, { passwordHash: renewed });
      });
    }
  };
}
