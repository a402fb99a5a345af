import { AppError } from '../errors.js';
import type { KeyRing } from '../lib/key-ring.js';
import { randomId } from '../lib/random.js';
import type { Breaker } from '../limits/breaker.js';
import type { App, ExchangedIdentity, Platform, PlatformName } from '../platforms/platform.js';
import { idleEnd, type Lifetimes } from '../sessions/lifetimes.js';
import { releaseClaim } from '../sessions/login-claims.js';
import { markEnded, markEndedByToken, markNotStored, markOldestEnded } from '../sessions/session-ends.js';
import { insertOpening, markOpen, type SessionRow } from '../sessions/session-rows.js';
import type { SessionValue } from '../sessions/session-value.js';
import { deriveToken, hashToken, type LoginName, loginKeyOf, randomToken } from '../sessions/token.js';
import type { Sql } from '../sql/database.js';
import { lockUser } from '../sql/locks.js';
import { findIdentity, type Identity, recordExchange } from '../users/identities.js';
import { type EndingParts, finishEnding } from './finish-ending.js';
import { firstValueOf } from './viewer.js';

export interface OpenSessionParts extends EndingParts {
  readonly platforms: ReadonlyMap<PlatformName, Platform>;
  readonly breaker: Breaker;
  readonly keys: KeyRing;
  readonly lifetimes: Lifetimes;
  readonly sessionsPerUser: number;
  readonly now: () => number;
  /** Called when sessions beyond the cap are marked but their values could not be deleted. */
  readonly onUnfinishedEnding: (error: unknown) => void;
}

/** A session whose row is open and whose value is stored: only now may its token be handed out. */
export interface OpenedSession {
  readonly token: string;
  readonly row: SessionRow;
  readonly value: SessionValue;
  readonly isRepeat: boolean;
}

/** A session whose row is `opening`: nobody knows its token yet. */
export interface Attempt {
  readonly token: string;
  readonly row: SessionRow;
  readonly identity: Identity;
}

/** A login that can be repeated, and who has said to be about to exchange its code. */
export interface ClaimedLogin {
  readonly login: LoginName;
  readonly owner: string;
}

export interface OpenSession {
  exchange(app: App, code: string): Promise<ExchangedIdentity>;
  /** Why `exchange` would fail now without asking anybody; else null. */
  refusal(app: App): AppError | null;
  /** Transaction 1: identity, user and the opening row. Gives up the claim on the login, which the row replaces. */
  record(app: App, exchanged: ExchangedIdentity, claimed: ClaimedLogin | null, sender: Sender): Promise<Attempt>;
  /** Inserts an opening row for a login of this identity. */
  insert(sql: Sql, now: number, login: LoginName | null, identity: Identity, facts: LoginFacts): Promise<Attempt>;
  /** Stores the value, then transaction 2, the commit point. */
  commit(attempt: Attempt, carriedHash: string | null): Promise<OpenedSession>;
  /** All of it, for a login that cannot be repeated. */
  byCode(app: App, code: string, sender: Sender): Promise<OpenedSession>;
}

/** Who sends a login. */
export interface Sender extends Pick<SessionRow, 'ip' | 'device'> {
  /** Of the token that the request carries. */
  readonly carriedHash: string | null;
}

/** What a resumed login keeps of its first attempt. */
export type LoginFacts = Pick<SessionRow, 'createdAt' | 'isNewUser' | 'ip' | 'device'>;

/** Longer than the store's deadline: a login under way is not taken for a dead one. */
const OPENING_MS = 15_000;

export function createOpenSession(parts: OpenSessionParts): OpenSession {
  const { database, sessionStore, platforms, breaker, keys, lifetimes, sessionsPerUser } = parts;

  async function exchange(app: App, code: string): Promise<ExchangedIdentity> {
    const platform = platforms.get(app.platform);
    if (platform === undefined) throw new AppError('UNKNOWN_APP');
    const refused = refusal(app);
    if (refused !== null) throw refused;
    return breaker.run(app, () => platform.exchange(app, code));
  }

  function refusal(app: App): AppError | null {
    // A code is good for one exchange: none is spent for a session that could not be stored.
    return sessionStore.refusal() ?? breaker.refusal(app);
  }

  async function insert(sql: Sql, now: number, login: LoginName | null, identity: Identity, facts: LoginFacts) {
    const sid = randomId();
    const token = login === null ? randomToken() : deriveToken(keys.first, login, sid);
    const absUntil = facts.createdAt + lifetimes.maxTtlMs;
    const row = await insertOpening(sql, {
      sid,
      tokenHash: hashToken(token),
      userId: identity.user.id,
      identityId: identity.id,
      loginKey: login === null ? null : loginKeyOf(login),
      kid: login === null ? null : keys.first.kid,
      isNewUser: facts.isNewUser,
      createdAt: facts.createdAt,
      openingUntil: now + OPENING_MS,
      until: idleEnd(lifetimes, facts.createdAt, absUntil),
      absUntil,
      ip: facts.ip,
      device: facts.device,
    });
    return { token, row, identity };
  }

  function record(app: App, exchanged: ExchangedIdentity, claimed: ClaimedLogin | null, { ip, device }: Sender) {
    return database.transaction(async (sql, now) => {
      const { identity, isNewUser } = await recordExchange(sql, now, keys, app, exchanged);
      const facts = { createdAt: now, isNewUser, ip, device };
      const attempt = await insert(sql, now, claimed?.login ?? null, identity, facts);
      if (claimed !== null) await releaseClaim(sql, loginKeyOf(claimed.login), claimed.owner);
      return attempt;
    });
  }

  async function commit(attempt: Attempt, carriedHash: string | null): Promise<OpenedSession> {
    const { token, row, identity } = attempt;
    const value = firstValueOf(row, identity);
    await store(row, value);
    // A failure here is no reason to undo anything: the commit may have happened, and a repeat asks the row.
    const committed = await database.transaction((sql, now) => open(sql, now, row, carriedHash));
    if (committed === null) {
      await sessionStore.delete(row.tokenHash).catch(() => undefined);
      throw new AppError('CODE_INVALID', { reason: 'USED', detail: 'the login was ended before its commit point' });
    }
    await finishEnding(parts, committed.evicted).catch(parts.onUnfinishedEnding);
    return { token, row: { ...row, state: 'open' }, value, isRepeat: false };
  }

  async function store(row: SessionRow, value: SessionValue): Promise<void> {
    try {
      await sessionStore.set(row.tokenHash, value, parts.now());
    } catch (error) {
      // Should this fail as well, the row's lease runs out. A value that lands late is never told to anybody.
      await database.transaction((sql, now) => markNotStored(sql, now, row.sid)).catch(() => undefined);
      throw error;
    }
  }

  /** What the login rests on is read again here, under the lock. null: it must not be answered. */
  async function open(sql: Sql, now: number, row: SessionRow, carriedHash: string | null) {
    await lockUser(sql, row.userId);
    const identity = await findIdentity(sql, row.identityId);
    if (identity?.user.id !== row.userId) {
      await markEnded(sql, now, [row.sid], 'identity moved');
      return null;
    }
    if (!(await markOpen(sql, row.sid))) return null;
    // Before the cap is counted: the session this one replaces needs no room.
    if (carriedHash !== null) await markEndedByToken(sql, now, carriedHash, 'replaced', row);
    return { evicted: await markOldestEnded(sql, now, row, sessionsPerUser) };
  }

  return {
    exchange,
    refusal,
    record,
    insert,
    commit,
    byCode: async (app, code, sender) => {
      const refused = refusal(app);
      if (refused !== null) throw refused;
      // A login with a requestId has claimed it by now. This one asks for nothing, and spends no code unless it is answered.
      await database.query((sql) => findIdentity(sql, ''));
      const exchanged = await exchange(app, code);
      const attempt = await record(app, exchanged, null, sender);
      return commit(attempt, sender.carriedHash);
    },
  };
}
