import { setTimeout as wait } from 'node:timers/promises';
import type { PostgresPool } from 'kysely';
import { answered, type Database, type Sql } from './database.js';
import { Kysely, PostgresDialect } from './kysely.js';
import { migrate } from './migrations/index.js';
import { type Ask, type Postgres, SELECT_NOW } from './postgres.js';
import { isConflict } from './postgres-errors.js';
import { checkLogged, hasTable, prepared } from './postgres-start.js';
import type { Schema } from './schema.js';

const TABLES: readonly (keyof Schema)[] = ['users', 'identities', 'sessions', 'login_claims'];

const MAX_ATTEMPTS = 3;

/**
 * Brings an older database up to date.
 *
 * @param now a clock in place of the server's, for tests.
 * @throws NewerDatabaseError, UnloggedTableError, PostgresUnavailableError.
 */
export async function openPostgresDatabase(postgres: Postgres, now: (() => number) | null): Promise<Database> {
  await prepared(postgres, async (ask, serverNow) => {
    const isNew = !(await hasTable(ask, 'schema_versions'));
    await migrate(kyselyOver(ask) as unknown as Kysely<unknown>, now?.() ?? serverNow, isNew);
    await checkLogged(ask, TABLES);
  });

  return {
    query: (work) => answered(() => postgres.use(async (ask) => work(kyselyOver(ask), now?.() ?? (await askNow(ask))))),
    transaction: (work) =>
      answered(() =>
        withoutConflict(postgres.timeoutMs, (leftMs) =>
          postgres.transaction((ask, serverNow) => work(kyselyOver(ask), now?.() ?? serverNow), leftMs),
        ),
      ),
    // The connections belong to who made them: sessions may be kept in the same database.
    close: async () => undefined,
  };
}

async function askNow(ask: Ask): Promise<number> {
  const { rows } = await ask<{ now: number }>(SELECT_NOW);
  return rows[0]?.now ?? Number.NaN;
}

/** Tries a transaction again that another one was in the way of: it has left nothing. */
async function withoutConflict<T>(timeoutMs: number, transaction: (leftMs: number) => Promise<T>): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (let attempt = 1; ; attempt += 1) {
    const pauseMs = attempt * 20 * (0.5 + Math.random());
    try {
      return await transaction(deadline - performance.now());
    } catch (error) {
      if (!isConflict(error) || attempt === MAX_ATTEMPTS || performance.now() + pauseMs > deadline) throw error;
    }
    await wait(pauseMs);
  }
}

/** Kysely over one connection that is checked out, and given back by who did that. */
function kyselyOver(ask: Ask): Sql {
  const pool = { connect: async () => ({ query: ask, release: () => undefined }), end: async () => undefined };
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool: pool as unknown as PostgresPool }) });
}
