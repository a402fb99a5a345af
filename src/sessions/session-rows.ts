import type { RawBuilder, SqlBool } from 'kysely';
import type { Sql } from '../sql/database.js';
import { sql as raw } from '../sql/kysely.js';
import type { SessionState } from '../sql/schema.js';

/** A row of SQL's `sessions`: the session itself. The value in Keyv is its copy for the request path. Times are ms. */
export interface SessionRow {
  readonly sid: string;
  readonly tokenHash: string;
  readonly userId: string;
  readonly identityId: string;
  readonly loginKey: string | null;
  readonly kid: string | null;
  readonly state: SessionState;
  readonly isNewUser: boolean;
  readonly createdAt: number;
  readonly openingUntil: number;
  readonly until: number;
  readonly firstUntil: number;
  readonly absUntil: number;
  readonly reason: string | null;
  /** The address the login came from. */
  readonly ip: string | null;
  /** The User-Agent it named. */
  readonly device: string | null;
  /** Which password of its user the login gave; null for a login by code alone, whose user is the identity's. */
  readonly passwordVersion: number | null;
}

/** Why a session ended. 'not stored': its value was never confirmed, so its login may be resumed. */
export type EndReason =
  | 'not stored'
  | 'logout'
  | 'replaced'
  | 'too many'
  | 'identity moved'
  | 'revoked'
  | 'merged'
  | 'unlinked'
  | 'password changed'
  | 'banned'
  | 'closed'
  | 'vetoed';

export type NewSessionRow = Omit<SessionRow, 'state' | 'reason' | 'firstUntil'>;

/** @throws a unique violation when another row has this login key. */
export async function insertOpening(sql: Sql, row: NewSessionRow): Promise<SessionRow> {
  await sql
    .insertInto('sessions')
    .values({
      sid: row.sid,
      token_hash: row.tokenHash,
      user_id: row.userId,
      identity_id: row.identityId,
      login_key: row.loginKey,
      kid: row.kid,
      state: 'opening',
      is_new_user: row.isNewUser ? 1 : 0,
      created_at: row.createdAt,
      opening_until: row.openingUntil,
      until: row.until,
      first_until: row.until,
      abs_until: row.absUntil,
      ended_at: null,
      reason: null,
      gone_at: null,
      ip: row.ip,
      device: row.device,
      touched_at: row.createdAt,
      password_version: row.passwordVersion,
    })
    .execute();
  return { ...row, state: 'opening', reason: null, firstUntil: row.until };
}

export async function findByLoginKey(sql: Sql, loginKey: string): Promise<SessionRow | null> {
  const row = await sql.selectFrom('sessions').selectAll().where('login_key', '=', loginKey).executeTakeFirst();
  if (row === undefined) return null;
  return {
    sid: row.sid,
    tokenHash: row.token_hash,
    userId: row.user_id,
    identityId: row.identity_id,
    loginKey: row.login_key,
    kid: row.kid,
    state: row.state,
    isNewUser: row.is_new_user === 1,
    createdAt: row.created_at,
    openingUntil: row.opening_until,
    until: row.until,
    firstUntil: row.first_until,
    absUntil: row.abs_until,
    reason: row.reason,
    ip: row.ip,
    device: row.device,
    passwordVersion: row.password_version,
  };
}

/** One session of a list. Times are ms. */
export interface LiveSession extends Pick<SessionRow, 'sid' | 'createdAt' | 'until' | 'ip' | 'device'> {
  readonly touchedAt: number;
  readonly platform: string;
  readonly appid: string;
}

/**
 * Of sessions of one user. The plus keeps SQLite from an index: it would take the one over all that are open, by their end, for
 * better than the user's own, and walk through everybody's sessions.
 */
export function endsAfter(now: number): RawBuilder<SqlBool> {
  return raw<SqlBool>`+until > ${now}`;
}

/** The sessions of a user that can be used, newest first, at most `limit`. */
export async function findLive(sql: Sql, now: number, userId: string, limit: number): Promise<LiveSession[]> {
  const rows = await sql
    .selectFrom('sessions')
    .innerJoin('identities', 'identities.id', 'identity_id')
    .select(['sid', 'sessions.created_at', 'touched_at', 'until', 'ip', 'device', 'platform', 'appid'])
    .where('sessions.user_id', '=', userId)
    .where('state', '=', 'open')
    .where(endsAfter(now))
    .orderBy('sessions.created_at', 'desc')
    .orderBy('sid')
    .limit(limit)
    .execute();
  return rows.map(({ created_at: createdAt, touched_at: touchedAt, ...row }) => ({
    ...row,
    createdAt,
    touchedAt: touchedAt ?? createdAt,
  }));
}

/** Whether a session was begun and has not been ended. When it is over by itself is not asked. */
export async function isOpen(sql: Sql, sid: string): Promise<boolean> {
  const row = await sql.selectFrom('sessions').select('state').where('sid', '=', sid).executeTakeFirst();
  return row?.state === 'open';
}

/** Whether a token that was handed out still names a session. */
export async function isTokenOpen(sql: Sql, tokenHash: string): Promise<boolean> {
  const row = await sql
    .selectFrom('sessions')
    .select('sid')
    .where('token_hash', '=', tokenHash)
    .where('state', '=', 'open')
    .executeTakeFirst();
  return row !== undefined;
}

export async function countLive(sql: Sql, now: number, userId: string): Promise<number> {
  const row = await sql
    .selectFrom('sessions')
    .select((expression) => expression.fn.countAll().as('live'))
    .where('user_id', '=', userId)
    .where('state', '=', 'open')
    .where(endsAfter(now))
    .executeTakeFirstOrThrow();
  return Number(row.live);
}

/** opening -> open. False when somebody has ended the row meanwhile: then this login must not be answered. */
export async function markOpen(sql: Sql, sid: string): Promise<boolean> {
  const result = await sql
    .updateTable('sessions')
    .set({ state: 'open' })
    .where('sid', '=', sid)
    .where('state', '=', 'opening')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Takes the login key from a row that ended as 'not stored', so that a new row can have it. False when another was faster. */
export async function releaseLoginKey(sql: Sql, sid: string): Promise<boolean> {
  const result = await sql
    .updateTable('sessions')
    .set({ login_key: null })
    .where('sid', '=', sid)
    .where('login_key', 'is not', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Moves the idle end of an open session forward, never back. False when the session has ended. */
export async function extend(sql: Sql, sid: string, until: number, touchedAt: number): Promise<boolean> {
  const result = await sql
    .updateTable('sessions')
    .set((expression) => ({
      touched_at: touchedAt,
      until: expression.case().when('until', '>', until).then(expression.ref('until')).else(until).end(),
    }))
    .where('sid', '=', sid)
    .where('state', '=', 'open')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
