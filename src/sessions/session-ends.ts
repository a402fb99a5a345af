import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { Sql } from '../sql/database.js';
import type { Schema, SessionsTable } from '../sql/schema.js';
import { type EndReason, endsAfter, type SessionRow } from './session-rows.js';

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

/** A session whose end is marked but whose value may still be there. */
export interface Ending {
  readonly sid: string;
  readonly tokenHash: string;
  readonly userId: string;
  readonly reason: EndReason;
  /** True when it could still be used at the mark. */
  readonly wasLive: boolean;
  /** False when somebody had marked it before, and did not finish. */
  readonly isNew: boolean;
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
    .select(['sid', 'user_id', 'state', 'until', 'reason'])
    .where('token_hash', '=', tokenHash)
    .where('gone_at', 'is', null);
  if (exceptFor !== undefined) {
    query = query.where('sid', '!=', exceptFor.sid).where('created_at', '<=', exceptFor.createdAt);
  }
  const row = await query.executeTakeFirst();
  if (row === undefined) return null;
  if (row.state !== 'ended') await markEnded(sql, now, [row.sid], reason);
  return { ...endingOf({ ...row, token_hash: tokenHash }, now, reason), wasLive: row.until > now };
}

/**
 * Marks every session of a user as ended, those that are being opened too, and finds those that somebody marked and did
 * not finish. Inside a transaction that has locked the user.
 *
 * @param which `only` the one session to end; `except` the one to keep.
 */
export function markEndedOfUser(
  sql: Sql,
  now: number,
  userId: string,
  {
    only = null,
    except = null,
    reason = 'revoked',
  }: { only?: string | null; except?: string | null; reason?: EndReason } = {},
): Promise<Ending[]> {
  return markEndedWhere(sql, now, reason, (is) =>
    is.and([
      is('user_id', '=', userId),
      ...(only === null ? [] : [is('sid', '=', only)]),
      ...(except === null ? [] : [is('sid', '!=', except)]),
    ]),
  );
}

/**
 * The same for all that were opened through these identities, whoever they act as. Inside a transaction that has locked
 * their user and changed their rows: whoever opens such a session has done it before, or finds them changed.
 */
export async function markEndedOfIdentities(
  sql: Sql,
  now: number,
  identityIds: readonly string[],
  reason: EndReason,
): Promise<Ending[]> {
  if (identityIds.length === 0) return [];
  return markEndedWhere(sql, now, reason, (is) => is('identity_id', 'in', identityIds));
}

/** The same for all that act as this user or were opened through one of these identities. */
export async function markEndedOfPerson(
  sql: Sql,
  now: number,
  { userId, identityIds }: { userId: string; identityIds: readonly string[] },
  reason: EndReason,
): Promise<Ending[]> {
  const ofUser = await markEndedOfUser(sql, now, userId, { reason });
  const already = new Set(ofUser.map(({ sid }) => sid));
  const ofIdentities = await markEndedOfIdentities(sql, now, identityIds, reason);
  return [...ofUser, ...ofIdentities.filter(({ sid }) => !already.has(sid))];
}

async function markEndedWhere(
  sql: Sql,
  now: number,
  reason: EndReason,
  whose: (is: ExpressionBuilder<Schema, 'sessions'>) => Expression<SqlBool>,
): Promise<Ending[]> {
  const rows = await sql
    .selectFrom('sessions')
    .select([...MARKED])
    .where(whose)
    .where('gone_at', 'is', null)
    .execute();
  await sql
    .updateTable('sessions')
    .set({ state: 'ended', ended_at: now, reason })
    .where(whose)
    .where('state', '!=', 'ended')
    .execute();
  return rows.map((row) => endingOf(row, now, reason));
}

/** How many could still be used when they were found. */
export function countLiveEnded(endings: readonly Ending[]): number {
  return endings.filter(({ wasLive }) => wasLive).length;
}

/** How many could be used until this very mark: of those marked before it was told then. */
export function countNewlyEnded(endings: readonly Ending[]): number {
  return endings.filter(({ isNew, wasLive }) => isNew && wasLive).length;
}

/** Sessions of a user that were ended for this reason, and whose values may still be there. */
export async function findUnfinishedOfUser(
  sql: Sql,
  now: number,
  userId: string,
  reason: EndReason,
): Promise<Ending[]> {
  const rows = await sql
    .selectFrom('sessions')
    .select([...MARKED])
    .where('user_id', '=', userId)
    .where('state', '=', 'ended')
    .where('reason', '=', reason)
    .where('gone_at', 'is', null)
    .execute();
  return rows.map((row) => endingOf(row, now, reason));
}

/** What an ending is made of. */
const MARKED = ['sid', 'token_hash', 'user_id', 'state', 'until', 'reason'] as const;

/**
 * As the row was before the mark. Of one that was not opened to its end nobody was told the token.
 *
 * @param markedAs why it ends, unless somebody had marked it before
 */
export function endingOf(row: Pick<SessionsTable, (typeof MARKED)[number]>, now: number, markedAs: EndReason): Ending {
  const { sid, token_hash: tokenHash, user_id: userId, state, until, reason } = row;
  const wasHandedOut = state !== 'opening' && reason !== ('not stored' satisfies EndReason);
  const isNew = state !== 'ended';
  const why = isNew || reason === null ? markedAs : (reason as EndReason);
  return { sid, tokenHash, userId, reason: why, wasLive: wasHandedOut && until > now, isNew };
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
    .where(endsAfter(now))
    .orderBy('created_at', 'desc')
    .execute();
  const surplus = others.slice(limit - 1);
  await markEnded(
    sql,
    now,
    surplus.map((row) => row.sid),
    'too many',
  );
  return surplus.map(({ sid, token_hash: tokenHash }) => ({
    ...{ sid, tokenHash, userId: newest.userId, reason: 'too many' as const },
    ...{ wasLive: true, isNew: true },
  }));
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

/** The deletion of their values was confirmed. */
export async function markGone(sql: Sql, now: number, sids: readonly string[]): Promise<void> {
  await sql.updateTable('sessions').set({ gone_at: now }).where('sid', 'in', sids).execute();
}
