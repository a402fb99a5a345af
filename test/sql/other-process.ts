import { chmodSync } from 'node:fs';
import Libsql from 'libsql';
import { createSqliteAdapter } from '../../src/sessions/stores/sqlite.js';
import { openSqliteDatabase } from '../../src/sql/database.js';
import { openSqliteFile, type SqliteFile } from '../../src/sql/sqlite-file.js';
import { openStores } from '../../src/stores.js';
import { answerCommands } from '../support/child-side.js';

let holder: InstanceType<typeof Libsql> | null = null;

async function reopened<T>(path: string, work: (file: SqliteFile) => Promise<T>): Promise<T> {
  const file = await openSqliteFile(path);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

answerCommands({
  /** Holds the file's write lock until `release`. */
  hold: (path: string) => {
    holder = new Libsql(path);
    holder.exec('BEGIN IMMEDIATE');
  },
  release: () => {
    holder?.exec('ROLLBACK');
    holder?.close();
  },

  get: (path: string, key: string) => reopened(path, async (file) => (await createSqliteAdapter(file)).get(key)),
  set: (path: string, key: string, value: string, ttlMs?: number) =>
    reopened(path, async (file) => (await createSqliteAdapter(file)).set(key, value, ttlMs)),

  /** Opens the database as a gateway does, and says how many users it has. */
  migrate: (path: string) =>
    reopened(path, async (file) => {
      const database = await openSqliteDatabase(file, Date.now);
      const users = await database.query((sql) => sql.selectFrom('users').selectAll().execute());
      return users.length;
    }),

  /** Reads a number and writes the next one, each time in a transaction of its own. */
  count: (path: string, times: number) =>
    reopened(path, async (file) => {
      for (let i = 0; i < times; i += 1) {
        await file.transaction(async (connection) => {
          const { n } = connection.prepare('SELECT n FROM counter').get([]) as { n: number };
          await Promise.resolve();
          connection.prepare('UPDATE counter SET n = ?').run([n + 1]);
        });
      }
    }),

  /** Opens stores as a user for whom file modes hold; root is let in everywhere. The mode is of the file or folder. */
  openWithMode: async (path: string, locked: string, mode: number) => {
    chmodSync(locked, mode);
    if (process.getuid?.() === 0) process.seteuid?.(65534);
    try {
      const stores = await openStores(
        { databaseUrl: { kind: 'sqlite', path }, sessionStoreUrl: { kind: 'memory' } },
        Date.now,
      );
      await stores.close();
      return 'opened';
    } catch (error) {
      return error instanceof Error ? error.message : null;
    } finally {
      if (process.getuid?.() === 0) process.seteuid?.(0);
      chmodSync(locked, 0o777);
    }
  },
});
