import type { Sql } from '../sql/database.js';
import { toUser, type UserRow } from './users.js';

export interface AskedUsers {
  /** null: of all tenants. */
  readonly tenant: string | null;
  readonly onlyBanned: boolean;
  /** The last one of the page before; null: from the newest on. */
  readonly after: Pick<UserRow, 'id' | 'createdAt'> | null;
  readonly limit: number;
}

/** The next users, the newest first. */
export async function listUsers(sql: Sql, { tenant, onlyBanned, after, limit }: AskedUsers): Promise<UserRow[]> {
  let query = sql.selectFrom('users').selectAll();
  if (tenant !== null) query = query.where('tenant', '=', tenant);
  if (onlyBanned) query = query.where('status', '=', 'banned');
  if (after !== null) {
    const { id, createdAt } = after;
    query = query
      .where('created_at', '<=', createdAt)
      .where((is) => is.or([is('created_at', '<', createdAt), is('id', '>', id)]));
  }
  const rows = await query.orderBy('created_at', 'desc').orderBy('id').limit(limit).execute();
  return rows.map(toUser);
}
