import type { Sql } from '../sql/database.js';
import { type Ending, endingOf, markEnded } from './session-ends.js';

/**
 * Marks as ended the next sessions in the order of their ids, whoever's they are, those that are being opened too, and finds those
 * that somebody marked and did not finish.
 *
 * @param createdUntil later ones are left (ms). @param afterSid '' at the beginning.
 */
export async function markEndedAfter(
  sql: Sql,
  now: number,
  { afterSid, createdUntil, limit }: { afterSid: string; createdUntil: number; limit: number },
): Promise<Ending[]> {
  const rows = await sql
    .selectFrom('sessions')
    .select(['sid', 'token_hash', 'user_id', 'state', 'until', 'reason'])
    .where('sid', '>', afterSid)
    .where('created_at', '<=', createdUntil)
    .where('gone_at', 'is', null)
    .orderBy('sid')
    .limit(limit)
    .execute();
  await markEnded(
    sql,
    now,
    rows.map((row) => row.sid),
    'revoked',
  );
  return rows.map((row) => endingOf(row, now, 'revoked'));
}

/**
 * Which of these tokens are of sessions that have not ended: open ones, and those of logins under way. One whose time is over
 * counts, too: its value says so itself, and may know of a later use.
 */
export async function findUnderWay(sql: Sql, tokenHashes: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await sql
    .selectFrom('sessions')
    .select('token_hash')
    .where('token_hash', 'in', tokenHashes)
    .where('state', '!=', 'ended')
    .execute();
  return new Set(rows.map((row) => row.token_hash));
}
