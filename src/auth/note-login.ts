import { AppError } from '../errors.js';
import type { Log } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import type { LoggedIn } from './log-in.js';

/** Counts a login, whichever door it came through, and writes its line into the log. */
export async function noteLogin(
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
  logIn: () => Promise<LoggedIn>,
): Promise<LoggedIn> {
  try {
    const loggedIn = await logIn();
    const { viewer, isNewUser, isRepeat } = loggedIn;
    const outcome = isRepeat ? 'repeat' : isNewUser ? 'new_user' : 'known_user';
    const { platform, appid, user, session } = viewer;
    metrics.logins.inc({ platform, outcome });
    log.info({ platform, appid, userId: user.id, sessionId: session.id, outcome }, 'login');
    return loggedIn;
  } catch (error) {
    const outcome = error instanceof AppError ? error.code : 'INTERNAL_SERVER_ERROR';
    metrics.logins.inc({ platform: 'WECHAT', outcome });
    throw error;
  }
}
