import type { Sql } from '../sql/database.js';
import type { Ending } from './session-ends.js';
import type { EndReason } from './session-rows.js';

// What is looked for here stands in an index, and is done in small batches: rows are many, and everybody waits for a writer.

/** Ends that were marked until `before` and whose values may still be there; the oldest first. */
export async function findUnfinished(
  sql: Sql,
  before: number,
  { limit, skip = 0 }: { limit: number; skip?: number },
): Promise<Ending[]> {
  const rows = await sql
    .selectFrom('sessions')
    .select(['sid', 'token_hash', 'user_id', 'reason'])
    .where('gone_at', 'is', null)
    .where('ended_at', '<=', before)
    .orderBy('ended_at')
    .orderBy('sid')
    .limit(limit)
    .offset(skip)
    .execute();
  return rows.map(({ sid, token_hash: tokenHash, user_id: userId, reason }) => ({
    ...{ sid, tokenHash, userId, reason: (reason ?? 'revoked') as EndReason },
    ...{ wasLive: false, isNew: false },
  }));
}

/** opening -> ended, for logins that did not come back while their lease lasted. How many it were. */
export async function markAbandoned(sql: Sql, now: number, limit: number): Promise<number> {
  const abandoned = sql
    .selectFrom('sessions')
    .select('sid')
    .where('state', '=', 'opening')
    .where('opening_until', '<', now)
    .limit(limit);
  const result = await sql
    .updateTable('sessions')
    .set({ state: 'ended', ended_at: now, reason: 'not stored' satisfies EndReason })
    .where('sid', 'in', abandoned)
    .where('state', '=', 'opening')
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** Forgets sessions that nobody used and whose time was over at `before`. How many it were. */
export async function forgetOver(sql: Sql, before: number, limit: number): Promise<number> {
  const over = sql
    .selectFrom('sessions')
    .select('sid')
    .where('state', '=', 'open')
    .where('until', '<=', before)
    .limit(limit);
  const result = await sql
    .deleteFrom('sessions')
    .where('sid', 'in', over)
    .where('until', '<=', before)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Forgets sessions whose values were gone at `before`. How many it were. */
export async function forgetGone(sql: Sql, before: number, limit: number): Promise<number> {
  const gone = sql.selectFrom('sessions').select('sid').where('gone_at', '<=', before).limit(limit);
  const result = await sql
    .deleteFrom('sessions')
    .where('sid', 'in', gone)
    .where('gone_at', '<=', before)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** A session that has ended, and its place among the others of its kind. */
export interface EndedSession {
  readonly sid: string;
  readonly tokenHash: string;
  readonly at: number;
}

/** The next of those that ended after `endedAfter`: unfinished ones in the order of their marks, or gone ones in that in which they went. */
export async function findEnded(
  sql: Sql,
  which: 'unfinished' | 'gone',
  { endedAfter, after, limit }: { endedAfter: number; after: EndedSession | null; limit: number },
): Promise<EndedSession[]> {
  const time = which === 'gone' ? 'gone_at' : 'ended_at';
  const { at, sid } = after ?? { at: 0, sid: '' };
  let query = sql
    .selectFrom('sessions')
    .select(['sid', 'token_hash', time])
    .where('ended_at', '>', endedAfter)
    .where(time, '>=', at)
    .where((is) => is.or([is(time, '>', at), is('sid', '>', sid)]));
  if (which === 'unfinished') query = query.where('gone_at', 'is', null);
  const rows = await query.orderBy(time).orderBy('sid').limit(limit).execute();
  return rows.map((row) => ({ sid: row.sid, tokenHash: row.token_hash, at: Number(row[time]) }));
}
