import { EventEmitter } from 'node:events';
import type { StoredData } from 'keyv';
import type { Postgres } from '../../sql/postgres.js';
import { checkLogged, hasTable, prepared } from '../../sql/postgres-start.js';
import type { SessionAdapter } from '../session-store.js';

const TABLE = 'session_values';

/**
 * A Keyv storage adapter over one PostgreSQL, which may be the database's own. Each call is one statement; a write is as
 * durable as the server's commits when its promise resolves.
 *
 * Unlike @keyv/postgres: a restart of the server does not end the process, what cannot be answered rejects, and `delete`
 * tells atomically whether there was a row.
 *
 * @throws UnloggedTableError when the table is one that a crash of the server empties; PostgresUnavailableError.
 */
export async function createPostgresAdapter(postgres: Postgres, now: () => number = Date.now): Promise<SessionAdapter> {
  await prepared(postgres, async (ask) => {
    if (!(await hasTable(ask, TABLE))) {
      await ask(`CREATE TABLE ${TABLE} (key text PRIMARY KEY, value text NOT NULL, expires_at bigint)`);
      await ask(`CREATE INDEX ${TABLE}_expiry ON ${TABLE} (expires_at) WHERE expires_at IS NOT NULL`);
    }
    await checkLogged(ask, [TABLE]);
  });
  return adapterOver(postgres, now);
}

/** For a database whose table is there. */
export function adapterOver({ ask }: Postgres, now: () => number = Date.now): SessionAdapter {
  const expiresAt = (ttlMs: number | undefined) => (ttlMs === undefined ? null : Math.ceil(now() + ttlMs));

  // Keyv listens for 'error' events; ours come as rejections, so none is ever emitted.
  return Object.assign(new EventEmitter(), {
    opts: {},
    namespace: undefined as string | undefined,

    async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
      const { rows } = await ask<{ value: string }>(`SELECT value FROM ${TABLE} WHERE key = $1`, [key]);
      return rows[0]?.value as StoredData<Value> | undefined;
    },
    async set(key: string, value: string, ttlMs?: number): Promise<boolean> {
      await ask(
        `INSERT INTO ${TABLE} (key, value, expires_at) VALUES ($1, $2, $3)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
        [key, value, expiresAt(ttlMs)],
      );
      return true;
    },
    async replace(key: string, value: string, ttlMs?: number): Promise<boolean> {
      const { rowCount } = await ask(`UPDATE ${TABLE} SET value = $2, expires_at = $3 WHERE key = $1`, [
        key,
        value,
        expiresAt(ttlMs),
      ]);
      return rowCount > 0;
    },
    async delete(key: string): Promise<boolean> {
      return (await ask(`DELETE FROM ${TABLE} WHERE key = $1`, [key])).rowCount > 0;
    },
    async deleteMany(keys: string[]): Promise<boolean> {
      return (await ask(`DELETE FROM ${TABLE} WHERE key = ANY ($1::text[])`, [keys])).rowCount > 0;
    },
    /** Those that other processes sweep at the same time are left to them. */
    async sweep(at: number, limit: number): Promise<number> {
      const { rowCount } = await ask(
        `DELETE FROM ${TABLE} WHERE key IN
           (SELECT key FROM ${TABLE} WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
        [at, limit],
      );
      return rowCount;
    },
    async *scan(prefix: string): AsyncGenerator<readonly string[], void> {
      const page = `SELECT key FROM ${TABLE} WHERE key > $1 AND starts_with(key, $2) ORDER BY key LIMIT 100`;
      for (let after = ''; ; ) {
        const keys = (await ask<{ key: string }>(page, [after, prefix])).rows.map(({ key }) => key);
        yield keys;
        const last = keys.at(-1);
        if (last === undefined) return;
        after = last;
      }
    },
    async clear(): Promise<void> {
      const prefix = this.namespace === undefined ? '' : `${this.namespace}:`;
      await ask(`DELETE FROM ${TABLE} WHERE starts_with(key, $1)`, [prefix]);
    },
    // The connections are closed by who made them.
    async disconnect(): Promise<void> {},
  });
}
