import type { Sql } from '../sql/database.js';

/** Forgets events from before `before` (ms), the oldest first. How many it were. */
export async function forgetEvents(sql: Sql, before: number, limit: number): Promise<number> {
  const old = sql.selectFrom('audit_events').select('id').where('at', '<', before).orderBy('at').limit(limit);
  const result = await sql.deleteFrom('audit_events').where('id', 'in', old).executeTakeFirst();
  return Number(result.numDeletedRows);
}
