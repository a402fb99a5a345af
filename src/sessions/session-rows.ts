import type { Sql } from '../sql/database.js';
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
}

/** Why a session ended. 'not stored': its value was never confirmed, so its login may be resumed. */
export type EndReason = 'not stored' | 'logout' | 'replaced' | 'too many' | 'identity moved';

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
  };
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

/**
 * opening -> ended, because the value was not confirmed. Nothing is deleted: nobody was told the token. A row that is not
 * opening any more stays as it is.
 */
export async function markNotStored(sql: Sql, now: number, sid: string): Promise<void> {
  await sql
    .updateTable('sessions')
    .set({ state: 'ended', ended_at: now, reason: 'not stored' satisfies EndReason })
    .where('sid', '=', sid)
    .where('state', '=', 'opening')
    .execute();
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

/** A session whose end is marked but whose value may still be there. */
export interface Ending {
  readonly sid: string;
  readonly tokenHash: string;
  /** True when it could still be used at the mark. */
  readonly wasLive: boolean;
}

/**
 * Marks the session of a token as ended. Also finds one that somebody marked and did not finish: its value is ours to
 * delete then. null when there is nothing to do.
 *
 * @param exceptFor the session a login is about to answer: neither itself nor a younger one is ended.
 */
export async function markEndedByToken(
  sql: Sql,
  now: number,
  tokenHash: string,
  reason: EndReason,
  exceptFor?: Pick<SessionRow, 'sid' | 'createdAt'>,
): Promise<Ending | null> {
  let query = sql
    .selectFrom('sessions')
    .select(['sid', 'state', 'until'])
    .where('token_hash', '=', tokenHash)
    .where('gone_at', 'is', null);
  if (exceptFor !== undefined) {
    query = query.where('sid', '!=', exceptFor.sid).where('created_at', '<=', exceptFor.createdAt);
  }
  const row = await query.executeTakeFirst();
  if (row === undefined) return null;
  if (row.state !== 'ended') await markEnded(sql, now, [row.sid], reason);
  return { sid: row.sid, tokenHash, wasLive: row.until > now };
}

/** Marks the oldest live sessions of a user, so that at most `limit` are left with `newest`. Inside the transaction that opens it. */
export async function markOldestEnded(
  sql: Sql,
  now: number,
  newest: Pick<SessionRow, 'sid' | 'userId'>,
  limit: number,
): Promise<Ending[]> {
  const others = await sql
    .selectFrom('sessions')
    .select(['sid', 'token_hash'])
    .where('user_id', '=', newest.userId)
    .where('sid', '!=', newest.sid)
    .where('state', '=', 'open')
    .where('until', '>', now)
    .orderBy('created_at', 'desc')
    .execute();
  const surplus = others.slice(limit - 1);
  await markEnded(
    sql,
    now,
    surplus.map((row) => row.sid),
    'too many',
  );
  return surplus.map((row) => ({ sid: row.sid, tokenHash: row.token_hash, wasLive: true }));
}

export async function markEnded(sql: Sql, now: number, sids: readonly string[], reason: EndReason): Promise<void> {
  if (sids.length === 0) return;
  await sql
    .updateTable('sessions')
    .set({ state: 'ended', ended_at: now, reason })
    .where('sid', 'in', sids)
    .where('state', '!=', 'ended')
    .execute();
}

/** The value's deletion was confirmed. */
export async function markGone(sql: Sql, now: number, sids: readonly string[]): Promise<void> {
  await sql.updateTable('sessions').set({ gone_at: now }).where('sid', 'in', sids).execute();
}

/** Moves the idle end of an open session forward, never back. False when the session has ended. */
export async function extend(sql: Sql, sid: string, until: number): Promise<boolean> {
  const result = await sql
    .updateTable('sessions')
    .set((expression) => ({
      until: expression.case().when('until', '>', until).then(expression.ref('until')).else(until).end(),
    }))
    .where('sid', '=', sid)
    .where('state', '=', 'open')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
