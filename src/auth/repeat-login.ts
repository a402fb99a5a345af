import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../errors.js';
import { randomId } from '../lib/random.js';
import type { App } from '../platforms/platform.js';
import { claimLogin, releaseClaim } from '../sessions/login-claims.js';
import { markNotStored } from '../sessions/session-ends.js';
import { findByLoginKey, releaseLoginKey, type SessionRow } from '../sessions/session-rows.js';
import { deriveToken, hashToken, type LoginName, loginKeyOf } from '../sessions/token.js';
import { isUniqueViolation } from '../sql/database.js';
import { findIdentity } from '../users/identities.js';
import { vetoed } from './hooks.js';
import type { ClaimedLogin, OpenedSession, OpenSession, OpenSessionParts, Sender } from './open-session.js';
import { sessionUser } from './proof.js';
import { firstValueOf } from './viewer.js';

/** How long after its exchange a login can be asked for again. WeChat's codes live as long. */
const REPEAT_WINDOW_MS = 5 * 60_000;

/** How long one request waits for another process that has the same login in hand. */
const WAIT_MS = 6_000;

/** How long after "code used" the row of whoever used it may take to appear. */
const WINNER_MS = 3_000;

/** A login with a requestId: the first attempt, or any repeat of it, on any process. SQL decides which; Keyv is not asked. */
export function createRepeatLogin(parts: OpenSessionParts, openSession: OpenSession) {
  const { database, keys } = parts;

  return async function repeatLogin(app: App, login: LoginName, sender: Sender): Promise<OpenedSession> {
    const loginKey = loginKeyOf(login);
    const owner = randomId();
    const patience = performance.now() + WAIT_MS;

    // While no exchange can be made, only a login that was exchanged before can go on; to find that out writes nothing.
    const refused = openSession.refusal(app);
    if (refused !== null && (await database.query((sql) => findByLoginKey(sql, loginKey))) === null) throw refused;

    for (;;) {
      const found = await database.transaction(async (sql, now) => {
        const row = await findByLoginKey(sql, loginKey);
        if (row !== null) return { row, now };
        const claim = await claimLogin(sql, now, loginKey, owner);
        // To claim it may have meant to wait for whoever gave it up for a row.
        const stored = claim.kind === 'ours' ? await findByLoginKey(sql, loginKey) : null;
        if (stored === null) return { row: null, now, claim };
        await releaseClaim(sql, loginKey, owner);
        return { row: stored, now };
      });

      if (found.row === null) {
        if (found.claim.kind === 'ours') {
          const attempt = await firstAttempt(app, { login, owner }, found.claim.isTakenOver, sender);
          if (attempt !== null) return openSession.commit(attempt, sender.carriedHash);
        } else {
          await waitFor(patience, found.claim.leaseUntil - found.now);
        }
        continue;
      }

      const { row, now } = found;
      if (now - row.createdAt > REPEAT_WINDOW_MS) throw used('the login is too long ago to be repeated');
      if (row.state === 'open') return answerAgain(login, row, now);
      if (row.state === 'opening') {
        if (row.openingUntil > now) await waitFor(patience, row.openingUntil - now);
        else await database.transaction((sql, at) => markNotStored(sql, at, row.sid));
        continue;
      }
      if (row.reason === 'vetoed') throw vetoed();
      if (row.reason !== 'not stored') throw used('the session of this login has ended');
      const attempt = await resume(login, row);
      if (attempt !== null) return openSession.commit(attempt, sender.carriedHash);
    }
  };

  /** null when the login's row is somebody else's: look again. */
  async function firstAttempt(app: App, claimed: ClaimedLogin, isTakenOver: boolean, sender: Sender) {
    const { login, owner } = claimed;
    const loginKey = loginKeyOf(login);
    try {
      const exchanged = await openSession.exchange(app, login.code);
      return await openSession.record(app, exchanged, claimed, sender);
    } catch (error) {
      // Who claimed it before us may have used the code and be about to store the session.
      const mayHaveWinner = isUniqueViolation(error) || (isTakenOver && isUsed(error));
      if (mayHaveWinner && (await winnerAppears(loginKey))) return null;
      await database.transaction((sql) => releaseClaim(sql, loginKey, owner)).catch(() => undefined);
      throw error;
    }
  }

  async function winnerAppears(loginKey: string): Promise<boolean> {
    const until = performance.now() + WINNER_MS;
    for (;;) {
      const row = await database.query((sql) => findByLoginKey(sql, loginKey));
      if (row !== null) return true;
      if (performance.now() >= until) return false;
      await pause();
    }
  }

  async function answerAgain(login: LoginName, row: SessionRow, now: number): Promise<OpenedSession> {
    if (row.until <= now) throw used('the session of this login is over');
    const key = row.kid === null ? null : keys.byKid(row.kid);
    if (key === null) {
      const detail = 'the token was made with a key this process does not know: SECRET_KEYS differ between processes';
      throw new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 1, detail });
    }
    const token = deriveToken(key, login, row.sid);
    const identity = await database.query((sql) => findIdentity(sql, row.identityId));
    if (identity === null || hashToken(token) !== row.tokenHash) throw used('the row is of another login');
    const user = await database.query((sql) => sessionUser(sql, row, identity));
    return { token, row, value: firstValueOf(row, identity, user), isRepeat: true };
  }

  /** The exchange was made and its identity is known, but the value could not be stored: a new row, a new token. */
  function resume(login: LoginName, row: SessionRow) {
    return database.transaction(async (sql, now) => {
      if (!(await releaseLoginKey(sql, row.sid))) return null;
      const identity = await findIdentity(sql, row.identityId);
      if (identity === null) return null;
      const user = await sessionUser(sql, row, identity);
      return openSession.insert(sql, now, login, { identity, user }, row);
    });
  }
}

async function waitFor(patience: number, leftMs: number): Promise<void> {
  if (performance.now() < patience) return pause();
  throw new AppError('SERVICE_UNAVAILABLE', {
    retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1000)),
    detail: 'another process has this login in hand',
  });
}

function pause(): Promise<void> {
  return wait(50 + Math.random() * 150);
}

function used(detail: string): AppError {
  return new AppError('CODE_INVALID', { reason: 'USED', detail });
}

function isUsed(error: unknown): boolean {
  return error instanceof AppError && error.code === 'CODE_INVALID' && error.reason === 'USED';
}
