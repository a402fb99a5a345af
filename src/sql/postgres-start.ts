import { setTimeout as wait } from 'node:timers/promises';
import { DeadlineError } from '../lib/deadline.js';
import type { Ask, Postgres } from './postgres.js';
import { PostgresUnavailableError, UnloggedTableError } from './postgres-errors.js';

/** At start there is time: the server may be starting too, or another process may be bringing it up to date. */
const OPENING_TIMEOUT_MS = 15_000;

/** Any number; the same in every process that starts. */
const START_LOCK = 0x6d656e6a;

/** Makes tables, in one process at a time: of several that start at once one makes them, and the others find them there. */
export async function prepared(
  postgres: Postgres,
  make: (ask: Ask, now: number) => Promise<void>,
  timeoutMs = OPENING_TIMEOUT_MS,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const leftMs = Math.ceil(deadline - performance.now());
    try {
      return await postgres.transaction(async (ask, now) => {
        await ask(`SET LOCAL statement_timeout = ${leftMs}; SELECT pg_advisory_xact_lock(${START_LOCK})`);
        await make(ask, now);
      }, leftMs);
    } catch (error) {
      if (!isStarting(error) || performance.now() + RETRY_MS >= deadline) throw error;
    }
    await wait(RETRY_MS);
  }
}

const RETRY_MS = 250;

/** Nobody listens yet, the server says that it is not ready yet, or its name is not known yet. */
function isStarting(error: unknown): boolean {
  if (error instanceof DeadlineError) return true;
  return (
    error instanceof PostgresUnavailableError &&
    /^(SQLSTATE_57P03|ECONNREFUSED|ECONNRESET|ENOENT|EAI_AGAIN|TIMEOUT|CONNECTION_LOST)$/.test(error.code)
  );
}

/** To be asked before a table is made: CREATE TABLE IF NOT EXISTS wants the right to make one, although there is nothing to make. */
export async function hasTable(ask: Ask, table: string): Promise<boolean> {
  const { rows } = await ask<{ found: string | null }>('SELECT to_regclass($1)::text AS found', [table]);
  return rows[0]?.found != null;
}

/** @throws UnloggedTableError for a table that the server empties after a crash. */
export async function checkLogged(ask: Ask, tables: readonly string[]): Promise<void> {
  const { rows } = await ask<{ relname: string }>(
    "SELECT relname FROM pg_class WHERE oid = ANY (SELECT to_regclass(name) FROM unnest($1::text[]) AS name) AND relpersistence <> 'p'",
    [tables],
  );
  const [unlogged] = rows;
  if (unlogged === undefined) return;
  throw new UnloggedTableError(
    `the table ${unlogged.relname} is unlogged, so a crash empties it: ALTER TABLE ${unlogged.relname} SET LOGGED`,
  );
}

/** Settings with which the server forgets what it has acknowledged, and what that means. */
const RISKS: Readonly<Record<string, string>> = {
  fsync: 'a power cut may damage the database',
  full_page_writes: 'a power cut may damage the database',
  synchronous_commit: 'a crash may take the last logins and logouts with it',
};

/** One sentence for each setting with which the server does not keep what it says it has. */
export async function durabilityWarnings(postgres: Postgres): Promise<string[]> {
  const { rows } = await postgres.ask<{ name: string }>(
    "SELECT name FROM pg_settings WHERE name = ANY ($1::text[]) AND setting = 'off' ORDER BY name",
    [Object.keys(RISKS)],
  );
  return rows.map(({ name }) => `PostgreSQL has ${name} = off: ${RISKS[name]}`);
}
