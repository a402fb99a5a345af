import type { Config } from './config.js';
import { createSessionStore, type SessionStore } from './sessions/session-store.js';
import { createMemoryAdapter } from './sessions/stores/memory.js';
import { createSqliteAdapter } from './sessions/stores/sqlite.js';
import { type Database, openSqliteDatabase } from './sql/database.js';
import { openSqliteFile, type SqliteFile, sqliteCode } from './sql/sqlite-file.js';

export interface Stores {
  readonly database: Database;
  readonly sessionStore: SessionStore;
  /** Each resolves when its store has answered. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  close(): Promise<void>;
}

/**
 * Opens what DATABASE_URL and SESSION_STORE_URL name. One file that serves both is opened once.
 * @throws Error of one sentence that names the variable.
 */
export async function openStores(
  config: Pick<Config, 'databaseUrl' | 'sessionStoreUrl'>,
  now: () => number,
): Promise<Stores> {
  const { databaseUrl, sessionStoreUrl } = config;
  const files = new Map<string, SqliteFile>();

  async function fileAt(path: string, variable: string): Promise<SqliteFile> {
    const known = files.get(path);
    if (known !== undefined) return known;
    const file = await openSqliteFile(path).catch((error: unknown) => {
      throw new Error(`${variable}: the SQLite file cannot be used (${reasonOf(error)})`, { cause: error });
    });
    files.set(path, file);
    return file;
  }

  try {
    const path = databaseUrl.kind === 'memory' ? ':memory:' : databaseUrl.path;
    const database = await openSqliteDatabase(await fileAt(path, 'DATABASE_URL'), now);
    const adapter =
      sessionStoreUrl.kind === 'memory'
        ? createMemoryAdapter()
        : await createSqliteAdapter(await fileAt(sessionStoreUrl.path, 'SESSION_STORE_URL'));
    const sessionStore = createSessionStore(adapter);
    return {
      database,
      sessionStore,
      checks: {
        sql: () => database.query((sql) => sql.selectFrom('users').select('id').limit(1).execute()),
        sessions: () => sessionStore.get('readiness'),
      },
      close: async () => {
        await sessionStore.close();
        await database.close();
        closeAll();
      },
    };
  } catch (error) {
    closeAll();
    throw error;
  }

  function closeAll(): void {
    for (const file of files.values()) file.close();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code !== '')
    return error.code;
  return sqliteCode(error) ?? 'it is no SQLite database, or its folder cannot be written';
}
