import { EventEmitter } from 'node:events';
import type { StoredData } from 'keyv';
import { OPENING_TIMEOUT_MS, type SqliteFile } from '../../sql/sqlite-file.js';
import type { SessionAdapter } from '../session-store.js';

/**
 * A Keyv storage adapter over one SQLite file, which may be the database's own. Reads wait for nobody; a write has
 * reached the disk when its promise resolves.
 *
 * Unlike @keyv/sqlite: `delete` tells atomically whether there was a row, a busy file is waited for without blocking
 * the event loop, and what cannot be answered rejects.
 */
export async function createSqliteAdapter(file: SqliteFile, now: () => number = Date.now): Promise<SessionAdapter> {
  await file.transaction((connection) => {
    connection.exec('CREATE TABLE IF NOT EXISTS keyv (key text PRIMARY KEY, value text NOT NULL, expires_at bigint)');
    connection.exec('CREATE INDEX IF NOT EXISTS keyv_expiry ON keyv (expires_at) WHERE expires_at IS NOT NULL');
  }, OPENING_TIMEOUT_MS);
  return adapterOver(file, now);
}

/** For a file whose table is there. */
export function adapterOver(file: SqliteFile, now: () => number = Date.now): SessionAdapter {
  const select = file.reader.prepare('SELECT value FROM keyv WHERE key = ?');
  const upsert = file.writer.prepare(
    `INSERT INTO keyv (key, value, expires_at) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
  );
  const update = file.writer.prepare('UPDATE keyv SET value = ?, expires_at = ? WHERE key = ?');
  const remove = file.writer.prepare('DELETE FROM keyv WHERE key = ?');
  const removePrefix = file.writer.prepare('DELETE FROM keyv WHERE substr(key, 1, ?) = ?');
  const removeExpired = file.writer.prepare(
    'DELETE FROM keyv WHERE key IN (SELECT key FROM keyv WHERE expires_at <= ? LIMIT ?)',
  );
  const page = file.reader.prepare(
    'SELECT key, value FROM keyv WHERE key > ? AND substr(key, 1, ?) = ? ORDER BY key LIMIT 100',
  );
  const keyPage = file.reader.prepare(
    'SELECT key FROM keyv WHERE key > ? AND substr(key, 1, ?) = ? ORDER BY key LIMIT 100',
  );
  const expiresAt = (ttlMs: number | undefined) => (ttlMs === undefined ? null : Math.ceil(now() + ttlMs));

  // Keyv listens for 'error' events; ours come as rejections, so none is ever emitted.
  return Object.assign(new EventEmitter(), {
    // Keyv iterates only over dialects it knows.
    opts: { dialect: 'sqlite', url: '' },
    namespace: undefined as string | undefined,

    async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
      const row = (await file.read(() => select.get([key]))) as { value: string } | undefined;
      return row?.value as StoredData<Value> | undefined;
    },
    async set(key: string, value: string, ttlMs?: number): Promise<boolean> {
      await file.transaction(() => upsert.run([key, value, expiresAt(ttlMs)]));
      return true;
    },
    replace(key: string, value: string, ttlMs?: number): Promise<boolean> {
      return file.transaction(() => update.run([value, expiresAt(ttlMs), key]).changes > 0);
    },
    delete(key: string): Promise<boolean> {
      return file.transaction(() => remove.run([key]).changes > 0);
    },
    deleteMany(keys: string[]): Promise<boolean> {
      return file.transaction(() => keys.map((key) => remove.run([key]).changes > 0).some(Boolean));
    },
    sweep(at: number, limit: number): Promise<number> {
      return file.transaction(() => removeExpired.run([at, limit]).changes);
    },
    async *scan(prefix: string): AsyncGenerator<readonly string[], void> {
      for (let after = ''; ; ) {
        const rows = (await file.read(() => keyPage.all([after, prefix.length, prefix]))) as { key: string }[];
        yield rows.map(({ key }) => key);
        const last = rows.at(-1);
        if (last === undefined) return;
        after = last.key;
      }
    },
    async clear(): Promise<void> {
      const prefix = namespacePrefix(this.namespace);
      await file.transaction(() => removePrefix.run([prefix.length, prefix]));
    },
    async *iterator<Value>(namespace?: string): AsyncGenerator<[string, Awaited<Value>], void> {
      const prefix = namespacePrefix(namespace);
      for (let after = ''; ; ) {
        const rows = (await file.read(() => page.all([after, prefix.length, prefix]))) as {
          key: string;
          value: string;
        }[];
        for (const { key, value } of rows) yield [key, value as Awaited<Value>];
        const last = rows.at(-1);
        if (last === undefined) return;
        after = last.key;
      }
    },
    // The file is closed by who opened it.
    async disconnect(): Promise<void> {},
  });
}

function namespacePrefix(namespace: string | undefined): string {
  return namespace === undefined ? '' : `${namespace}:`;
}
