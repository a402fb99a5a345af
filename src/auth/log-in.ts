import { AppError } from '../errors.js';
import { createSingleFlight } from '../lib/single-flight.js';
import type { LoginLimiter } from '../limits/login-limiter.js';
import type { App } from '../platforms/platform.js';
import { markEndedByToken } from '../sessions/session-ends.js';
import { hashToken, isToken, loginKeyOf } from '../sessions/token.js';
import { finishEnding } from './finish-ending.js';
import { checkCode, checkRequestId, chooseApp, deviceOf } from './login-input.js';
import { createOpenSession, type OpenedSession, type OpenSessionParts } from './open-session.js';
import type { Account } from './proof.js';
import { recordRefusal } from './record-refusal.js';
import { createRepeatLogin } from './repeat-login.js';
import { type Viewer, viewerOf } from './viewer.js';

export interface LogInInput {
  readonly code: string;
  /** Needed when there is more than one app. */
  readonly appid: string | null;
  /** With one, the same code and requestId sent again within 5 minutes yield the same session. */
  readonly requestId: string | null;
  /** Whom login limits count: what `addressBlock` says of the sender. */
  readonly addressBlock: string;
  /** The token the request carries: its session ends when the login has succeeded. */
  readonly carriedToken: string | null;
  /** Where it comes from, for the list of the user's sessions. */
  readonly origin?: Origin;
  /** For a login by password: whose it is, of those in the app's tenant. Asked when limits let the login through. */
  readonly account?: (app: App) => Promise<Account>;
}

/** What a login keeps of its sender. */
export interface Origin {
  /** The address that TRUST_PROXY makes believable; null when there is none. */
  readonly ip: string | null;
  /** The User-Agent as sent. */
  readonly userAgent: string | null;
}

export interface LoggedIn {
  readonly token: string;
  readonly expiresAt: Date;
  readonly isNewUser: boolean;
  readonly viewer: Viewer;
  /** True when the session was there before this request. */
  readonly isRepeat: boolean;
}

/**
 * Trades a code for a session, once.
 *
 * @throws AppError BAD_USER_INPUT, UNKNOWN_APP, CODE_INVALID, USER_BLOCKED, FORBIDDEN by the hook `onLogin`, RATE_LIMITED,
 *   PLATFORM_UNAVAILABLE, SERVICE_UNAVAILABLE (send the same again), what `account` throws, or INTERNAL_SERVER_ERROR when the app is misconfigured.
 */
export type LogIn = (input: LogInInput) => Promise<LoggedIn>;

export interface LogInParts extends OpenSessionParts {
  readonly apps: readonly App[];
  readonly limitLogins: LoginLimiter;
  readonly allowDevtoolsCode: boolean;
}

/** More would wait for the database for longer than it may take, and their codes would be spent by then. */
const MAX_UNDER_WAY = 250;
const TOO_MANY = 'too many logins are under way';

export function createLogIn(parts: LogInParts): LogIn {
  const { apps, limitLogins, allowDevtoolsCode } = parts;
  const openSession = createOpenSession(parts);
  const repeatLogin = createRepeatLogin(parts, openSession);
  const inFlight = createSingleFlight<OpenedSession>();
  let underWay = 0;

  return async ({ code, appid, requestId, addressBlock, carriedToken, origin, account: findAccount }) => {
    checkCode(code, allowDevtoolsCode);
    if (requestId !== null) checkRequestId(requestId);
    const app = chooseApp(apps, appid);
    await limitLogins({ addressBlock, app });
    const account = findAccount === undefined ? null : await findAccount(app);
    const carriedHash = carriedToken !== null && isToken(carriedToken) ? hashToken(carriedToken) : null;
    const sender = { carriedHash, ip: origin?.ip ?? null, device: deviceOf(origin?.userAgent ?? null), account };
    const name = { platform: app.platform, appid: app.appid, code, ...(account && { username: account.username }) };
    const login = requestId === null ? null : { ...name, requestId };
    // Without a requestId only requests that are in flight together can be the same login.
    const flight = login === null ? `code ${loginKeyOf({ ...name, requestId: '' })}` : loginKeyOf(login);
    const opened = await inFlight(flight, async () => {
      // Before anything is spent: the same code is good in a second.
      if (underWay >= MAX_UNDER_WAY) throw new AppError('RATE_LIMITED', { retryAfterSeconds: 1, detail: TOO_MANY });
      underWay += 1;
      try {
        return await (login === null ? openSession.byCode(app, code, sender) : repeatLogin(app, login, sender));
      } catch (error) {
        await recordRefusal(parts.database, app, sender, error);
        throw error;
      } finally {
        underWay -= 1;
      }
    });
    await endCarried(parts, opened, carriedHash);
    return answer(opened);
  };
}

/** Each request of a flight carries a token of its own, or none. A repeat finishes what the first attempt could not. */
async function endCarried(parts: OpenSessionParts, opened: OpenedSession, carriedHash: string | null): Promise<void> {
  if (carriedHash === null || carriedHash === opened.row.tokenHash) return;
  const ending = await parts.database.transaction((sql, now) =>
    markEndedByToken(sql, now, carriedHash, 'replaced', opened.row),
  );
  if (ending !== null) await finishEnding(parts, [ending]);
}

function answer({ token, row, value, isRepeat }: OpenedSession): LoggedIn {
  return { token, expiresAt: new Date(row.firstUntil), isNewUser: row.isNewUser, viewer: viewerOf(value), isRepeat };
}
