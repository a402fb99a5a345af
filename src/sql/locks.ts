import type { Sql } from './database.js';
import { PostgresAdapter, sql as raw } from './kysely.js';

const LOCK_WAIT_MS = 5_000;

/**
 * Whether a time of this length, which a transaction finds behind a lock, is running still. It has the time of its own
 * beginning, and may have waited since: a little more than all may be left. Still more is only when the clock was put back.
 */
export function isRunning(leftMs: number, lengthMs: number): boolean {
  return leftMs > 0 && leftMs <= lengthMs + LOCK_WAIT_MS;
}

/** Whether these queries go to PostgreSQL; else they go to SQLite, whose transactions have the only write lock from their start. */
export function isPostgres(sql: Sql): boolean {
  return sql.getExecutor().adapter instanceof PostgresAdapter;
}

/**
 * Whoever opens or ends sessions of a user takes their turn here, until the end of the transaction. What is read before it
 * may have changed: read again.
 */
export async function lockUser(sql: Sql, userId: string): Promise<void> {
  // Not FOR UPDATE: who inserts a row that refers to the user holds other rows already, and would wait for this one.
  if (isPostgres(sql)) await raw`SELECT id FROM users WHERE id = ${userId} FOR NO KEY UPDATE`.execute(sql);
}

/** The same for what has no row yet. */
export async function lockName(sql: Sql, name: string): Promise<void> {
  if (isPostgres(sql)) await raw`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(sql);
}

/** All of them, in the one order that everybody keeps: two who need the same never wait for each other. */
export async function lockUsers(sql: Sql, userIds: readonly string[]): Promise<void> {
  for (const userId of [...new Set(userIds)].sort()) await lockUser(sql, userId);
}

/**
 * Until the end of the transaction nobody removes this identity, or gives it to another user. After the locks of users:
 * whoever removes or moves one has those.
 */
export async function lockIdentity(sql: Sql, identityId: string): Promise<void> {
  if (isPostgres(sql)) await raw`SELECT id FROM identities WHERE id = ${identityId} FOR SHARE`.execute(sql);
}

/**
 * Until the end of the transaction nobody opens a session through an identity of this user. After the lock of the user; on
 * PostgreSQL it waits for those who are opening one, who may act as another user.
 */
export async function lockIdentitiesOf(sql: Sql, userId: string): Promise<void> {
  if (isPostgres(sql))
    await raw`SELECT id FROM identities WHERE user_id = ${userId} ORDER BY id FOR UPDATE`.execute(sql);
}
