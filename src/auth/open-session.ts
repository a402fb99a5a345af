import type { KeyRing } from '../lib/key-ring.js';
import { randomId } from '../lib/random.js';
import type { App, ExchangedIdentity } from '../platforms/platform.js';
import { idleEnd, type Lifetimes } from '../sessions/lifetimes.js';
import { releaseClaim } from '../sessions/login-claims.js';
import { markEnded, markNotStored } from '../sessions/session-ends.js';
import { insertOpening, type SessionRow } from '../sessions/session-rows.js';
import type { SessionValue } from '../sessions/session-value.js';
import { deriveToken, hashToken, type LoginName, loginKeyOf, randomToken } from '../sessions/token.js';
import type { Sql } from '../sql/database.js';
import { findIdentity, type Identity, type User } from '../users/identities.js';
import { openAttempt } from './commit-point.js';
import { createExchange, type Exchange, type ExchangeParts } from './exchange.js';
import { type EndingParts, finishEnding } from './finish-ending.js';
import { type LoginEvent, type UserCreatedEvent, vetoed } from './hooks.js';
import type { Account } from './proof.js';
import { recordExchange } from './record-exchange.js';
import { firstValueOf } from './viewer.js';

export interface OpenSessionParts extends EndingParts, ExchangeParts {
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
  /** Whom the session acts as. */
  readonly user: User;
}

/** A login that can be repeated, and who has said to be about to exchange its code. */
export interface ClaimedLogin {
  readonly login: LoginName;
  readonly owner: string;
}

export interface OpenSession extends Exchange {
  /** Transaction 1: identity, user and the opening row. Gives up the claim on the login, which the row replaces. */
  record(app: App, exchanged: ExchangedIdentity, claimed: ClaimedLogin | null, sender: Sender): Promise<Attempt>;
  /** Inserts an opening row for a login of this identity, as this user. */
  insert(
    sql: Sql,
    now: number,
    login: LoginName | null,
    who: Pick<Attempt, 'identity' | 'user'>,
    facts: LoginFacts,
  ): Promise<Attempt>;
  /** Stores the value, then transaction 2, the commit point. */
  commit(attempt: Attempt, carriedHash: string | null): Promise<OpenedSession>;
  /** All of it, for a login that cannot be repeated. */
  byCode(app: App, code: string, sender: Sender): Promise<OpenedSession>;
}

/** Who sends a login. */
export interface Sender extends Pick<SessionRow, 'ip' | 'device'> {
  /** Of the token that the request carries. */
  readonly carriedHash: string | null;
  /** Whose password was given; null for a login by code alone. */
  readonly account: Account | null;
}

/** What a resumed login keeps of its first attempt. */
export type LoginFacts = Pick<SessionRow, 'createdAt' | 'isNewUser' | 'ip' | 'device' | 'passwordVersion'>;

/** Longer than the store's deadline: a login under way is not taken for a dead one. */
const OPENING_MS = 15_000;

export function createOpenSession(parts: OpenSessionParts): OpenSession {
  const { database, sessionStore, keys, lifetimes, sessionsPerUser, hooks } = parts;
  const { exchange, refusal } = createExchange(parts);

  const insert: OpenSession['insert'] = async (sql, now, login, { identity, user }, facts) => {
    const sid = randomId();
    const token = login === null ? randomToken() : deriveToken(keys.first, login, sid);
    const absUntil = facts.createdAt + lifetimes.maxTtlMs;
    const row = await insertOpening(sql, {
      sid,
      tokenHash: hashToken(token),
      userId: user.id,
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
      passwordVersion: facts.passwordVersion,
    });
    return { token, row, identity, user };
  };

  const record: OpenSession['record'] = async (app, exchanged, claimed, { ip, device, account }) => {
    const { attempt, recorded } = await database.transaction(async (sql, now) => {
      const recorded = await recordExchange(sql, now, keys, app, exchanged, account?.owner ?? null);
      const { identity, isNewUser } = recorded;
      const user = account === null ? identity.user : account.user;
      const passwordVersion = account?.passwordVersion ?? null;
      const facts = { createdAt: now, isNewUser: isNewUser && account === null, ip, device, passwordVersion };
      const inserted = await insert(sql, now, claimed?.login ?? null, { identity, user }, facts);
      if (claimed !== null) await releaseClaim(sql, loginKeyOf(claimed.login), claimed.owner);
      return { attempt: inserted, recorded };
    });
    if (recorded.isNewUser) hooks?.userCreated(createdEvent(recorded.identity));
    hooks?.usersMerged(recorded.merged);
    await finishEnding(parts, recorded.endings).catch(parts.onUnfinishedEnding);
    return attempt;
  };

  async function commit(attempt: Attempt, carriedHash: string | null): Promise<OpenedSession> {
    const { token, row, identity, user } = attempt;
    if ((await hooks?.allowsLogin(loginEvent(attempt))) === false) {
      await database.transaction((sql, now) => markEnded(sql, now, [row.sid], 'vetoed'));
      throw vetoed();
    }
    const value = firstValueOf(row, identity, user);
    await store(row, value);
    // A failure here is no reason to undo anything: the commit may have happened, and a repeat asks the row.
    const committed = await database.transaction((sql, now) =>
      openAttempt(sql, now, attempt, { carriedHash, sessionsPerUser }),
    );
    if ('refusal' in committed) {
      await sessionStore.delete(row.tokenHash).catch(() => undefined);
      throw committed.refusal;
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

  return {
    exchange,
    refusal,
    record,
    insert,
    commit,
    byCode: async (app, code, sender) => {
      // Asked before SQL is: a platform that is away costs the database nothing.
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

function createdEvent({ user, tenant }: Identity): UserCreatedEvent {
  return { user: { id: user.id, createdAt: new Date(user.createdAt) }, tenant };
}

function loginEvent({ row, identity, user }: Attempt): LoginEvent {
  const { platform, appid, openid, unionid, tenant } = identity;
  return {
    user: { id: user.id, createdAt: new Date(user.createdAt) },
    isNewUser: row.isNewUser,
    identity: { platform, appid, openid, unionid },
    tenant,
    ip: row.ip,
    device: row.device,
    by: row.passwordVersion === null ? 'code' : 'password',
  };
}
