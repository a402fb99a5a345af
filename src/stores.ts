import type { Config } from './config.js';
import { DeadlineError } from './lib/deadline.js';
import type { Redis, RedisEvents } from './redis.js';
import { createSessionStore, type SessionAdapter, type SessionStore } from './sessions/session-store.js';
import { createMemoryAdapter } from './sessions/stores/memory.js';
import { createSqliteAdapter } from './sessions/stores/sqlite.js';
import { type Database, openSqliteDatabase } from './sql/database.js';
import { NewerDatabaseError } from './sql/migrations/index.js';
import { openSqliteFile, type SqliteFile } from './sql/sqlite-file.js';

export interface Stores {
  readonly database: Database;
  readonly sessionStore: SessionStore;
  /** Where sessions live, when that is a Redis. */
  readonly redis: Redis | null;
  /** Each resolves when its store has answered. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  /** Calling it again is harmless. */
  close(): Promise<void>;
}

/**
 * Opens what DATABASE_URL and SESSION_STORE_URL name. One file that serves both is opened once; a Redis is not waited for.
 * @throws Error of one sentence that names the variable, never its value.
 */
export async function openStores(
  config: Pick<Config, 'databaseUrl' | 'sessionStoreUrl'>,
  now: () => number,
  redisEvents: RedisEvents = {},
): Promise<Stores> {
  const { databaseUrl, sessionStoreUrl } = config;
  // Loaded where it is used: its libraries take a tenth of the time to start.
  const redis =
    sessionStoreUrl.kind === 'redis'
      ? (await import('./redis.js')).connectRedis(sessionStoreUrl.url, redisEvents)
      : null;
  const files = new Map<string, SqliteFile>();

  async function fileAt(path: string): Promise<SqliteFile> {
    const file = files.get(path) ?? (await openSqliteFile(path));
    files.set(path, file);
    return file;
  }

  async function openDatabase(): Promise<Database> {
    return openSqliteDatabase(await fileAt(databaseUrl.kind === 'memory' ? ':memory:' : databaseUrl.path), now);
  }

  async function openAdapter(): Promise<SessionAdapter> {
    if (redis !== null) return (await import('./sessions/stores/redis.js')).createRedisAdapter(redis);
    if (sessionStoreUrl.kind !== 'sqlite') return createMemoryAdapter();
    return createSqliteAdapter(await fileAt(sessionStoreUrl.path));
  }

  async function closeConnections(): Promise<void> {
    await redis?.close();
    for (const file of files.values()) await file.close();
  }

  try {
    const database = await named('DATABASE_URL', openDatabase);
    const sessionStore = createSessionStore(await named('SESSION_STORE_URL', openAdapter));
    return {
      database,
      sessionStore,
      redis,
      checks: {
        sql: () => database.query((sql) => sql.selectFrom('users').select('id').limit(1).execute()),
        sessions: () => sessionStore.get('readiness'),
      },
      close: async () => {
        try {
          await sessionStore.close();
          await database.close();
        } finally {
          await closeConnections();
        }
      },
    };
  } catch (error) {
    await closeConnections();
    throw error;
  }
}

async function named<T>(variable: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw new Error(`${variable}: the SQLite file cannot be used: ${reasonOf(error)}`, { cause: error });
  }
}

const READ_ONLY = 'the file or its folder may not be written';

/** By the code of SQLite or of the file system. */
const REASONS: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: 'it is no SQLite database (it was left as it is)',
  SQLITE_CORRUPT: 'it is damaged (it was left as it is)',
  SQLITE_READONLY: READ_ONLY,
  SQLITE_FULL: 'the disk is full',
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  EROFS: READ_ONLY,
  ENOSPC: 'the disk is full',
  EISDIR: 'it is a folder',
  EEXIST: 'a part of its path is a file, where a folder should be',
  ENOTDIR: 'a part of its path is a file, where a folder should be',
};

/** The driver gives no code when it cannot open a file at all. */
const CANNOT_OPEN = 'it cannot be opened or made: is its folder writable?';

function reasonOf(error: unknown): string {
  if (error instanceof NewerDatabaseError) return error.message;
  if (error instanceof DeadlineError) return 'another process holds it';
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || code === '') return CANNOT_OPEN;
  // SQLITE_READONLY_DIRECTORY and its like: the first two words are the kind.
  const kind = code.split('_').slice(0, 2).join('_');
  return REASONS[kind] ?? code;
}
