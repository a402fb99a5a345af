import { recordEvent } from '../audit/record-event.js';
import { AppError, type ErrorCode } from '../errors.js';
import type { App } from '../platforms/platform.js';
import type { Database } from '../sql/database.js';
import type { Sender } from './open-session.js';

/** Refusals of the login itself: of its code, its user, its password, or by the platform. */
const WRITTEN_DOWN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CODE_INVALID',
  'USER_BLOCKED',
  'PLATFORM_UNAVAILABLE',
  'FORBIDDEN',
  'WRONG_CREDENTIALS',
  'IDENTITY_TAKEN',
]);

/**
 * Writes down that a login was refused, for operators. Best effort: should it fail, the login is refused all the same, and the
 * log has its line.
 */
export async function recordRefusal(database: Database, app: App, sender: Sender, error: unknown): Promise<void> {
  if (!(error instanceof AppError) || !WRITTEN_DOWN.has(error.code)) return;
  const { errcode = null, rid = null, userId = null } = error.log;
  // In an outage the platform is asked once a second: the logins refused without it are as many as there are phones.
  if (error.code === 'PLATFORM_UNAVAILABLE' && !('httpStatus' in error.log)) return;
  const { account, ip } = sender;
  const username = account === null ? {} : { username: account.username };
  await database
    .transaction((sql, now) =>
      recordEvent(sql, now, {
        type: 'login_refused',
        ...{ userId: typeof userId === 'string' ? userId : (account?.user.id ?? null), appid: app.appid, ip },
        details: { by: account === null ? 'code' : 'password', code: error.code, errcode, rid, ...username },
      }),
    )
    .catch(() => undefined);
}
