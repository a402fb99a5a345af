import { PostgresAdapter, sql as raw } from 'kysely';
import type { Sql } from './database.js';

/** Whether these queries go to PostgreSQL; else they go to SQLite, whose transactions have the only write lock from their start. */
export function isPostgres(sql: Sql): boolean {
  return sql.getExecutor().adapter instanceof PostgresAdapter;
}

/**
 * Whoever opens or ends sessions of a user takes their turn here, until the end of the transaction. What is read before it
 * may have changed: read again.
 */
export async function lockUser(sql: Sql, userId: string): Promise<void> {
  if (isPostgres(sql)) await raw`SELECT id FROM users WHERE id = ${userId} FOR UPDATE`.execute(sql);
}

/** The same for what has no row yet. */
export async function lockName(sql: Sql, name: string): Promise<void> {
  if (isPostgres(sql)) await raw`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(sql);
}
