import type { Config, StoreUrl } from './config.js';
import { parseRedisClusterUrl } from './lib/redis-cluster-url.js';
import type { Redis, RedisEvents } from './redis.js';
import { createSessionStore, type SessionAdapter, type SessionStore } from './sessions/session-store.js';
import { createMemoryAdapter } from './sessions/stores/memory.js';
import { createSqliteAdapter } from './sessions/stores/sqlite.js';
import { type Database, openSqliteDatabase } from './sql/database.js';
import type { Postgres } from './sql/postgres.js';
import { openSqliteFile, type SqliteFile } from './sql/sqlite-file.js';
import { postgresReason, sqliteReason } from './sql/start-reasons.js';

export interface Stores {
  readonly database: Database;
  readonly sessionStore: SessionStore;
  /** Where sessions live, when that is a Redis. */
  readonly redis: Redis | null;
  /** What a store is set to that may cost what was acknowledged, one sentence each. */
  readonly warnings: readonly string[];
  /** Each resolves when its store has answered, and can be written as far as is known. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  /** Calling it again is harmless. */
  close(): Promise<void>;
}

/**
 * Opens what DATABASE_URL and SESSION_STORE_URL name. A file, or a PostgreSQL, that serves both is opened once; a Redis is not
 * waited for.
 *
 * @param now a clock for all of it; null: PostgreSQL has its own.
 * @throws Error of one sentence that names the variable, never its value.
 */
export async function openStores(
  config: Pick<Config, 'databaseUrl' | 'sessionStoreUrl'>,
  now: (() => number) | null,
  redisEvents: RedisEvents = {},
): Promise<Stores> {
  const { databaseUrl, sessionStoreUrl } = config;
  const clock = now ?? Date.now;
  const redis = await openRedis(sessionStoreUrl, redisEvents);
  const files = new Map<string, SqliteFile>();
  const servers = new Map<string, Postgres>();

  async function fileAt(path: string): Promise<SqliteFile> {
    const file = files.get(path) ?? (await openSqliteFile(path));
    files.set(path, file);
    return file;
  }

  async function postgresAt(url: string): Promise<Postgres> {
    const server = servers.get(url) ?? (await import('./sql/postgres.js')).connectPostgres(url);
    servers.set(url, server);
    return server;
  }

  async function openDatabase(): Promise<Database> {
    if (databaseUrl.kind === 'postgres') {
      const { openPostgresDatabase } = await import('./sql/postgres-database.js');
      return openPostgresDatabase(await postgresAt(databaseUrl.url), now);
    }
    const path = databaseUrl.kind === 'memory' ? ':memory:' : databaseUrl.path;
    return openSqliteDatabase(await fileAt(path), clock);
  }

  async function openAdapter(): Promise<SessionAdapter> {
    if (redis !== null) return (await import('./sessions/stores/redis.js')).createRedisAdapter(redis);
    if (sessionStoreUrl.kind === 'postgres') {
      const { createPostgresAdapter } = await import('./sessions/stores/postgres.js');
      return createPostgresAdapter(await postgresAt(sessionStoreUrl.url), clock);
    }
    if (sessionStoreUrl.kind !== 'sqlite') return createMemoryAdapter(undefined, clock);
    return createSqliteAdapter(await fileAt(sessionStoreUrl.path), clock);
  }

  async function checked<T>(url: StoreUrl, ask: () => Promise<T>): Promise<T> {
    if (url.kind === 'sqlite') await files.get(url.path)?.checkWritable();
    return ask();
  }

  async function warningsOf(postgres: Postgres): Promise<string[]> {
    return (await import('./sql/postgres-start.js')).durabilityWarnings(postgres);
  }

  async function closeConnections(): Promise<void> {
    await redis?.close();
    for (const server of servers.values()) await server.close();
    for (const file of files.values()) await file.close();
  }

  try {
    const database = await named('DATABASE_URL', databaseUrl.kind, openDatabase);
    const sessionStore = createSessionStore(await named('SESSION_STORE_URL', sessionStoreUrl.kind, openAdapter));
    const warnings = await Promise.all([...servers.values()].map(warningsOf));
    return {
      database,
      sessionStore,
      redis,
      warnings: [...new Set(warnings.flat())],
      checks: {
        sql: () =>
          checked(databaseUrl, () => database.query((sql) => sql.selectFrom('users').select('id').limit(1).execute())),
        sessions: () => checked(sessionStoreUrl, () => sessionStore.get('readiness')),
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

// Loaded where they are used: their libraries take a tenth of the time to start.
async function openRedis(url: StoreUrl, events: RedisEvents): Promise<Redis | null> {
  if (url.kind !== 'redis') return null;
  const seeds = parseRedisClusterUrl(url.url);
  if (seeds !== null) return (await import('./redis-cluster.js')).connectRedisCluster(seeds, events);
  return (await import('./redis.js')).connectRedis(url.url, events);
}

async function named<T>(variable: string, kind: StoreUrl['kind'], open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const [store, reason] =
      kind === 'postgres' ? ['PostgreSQL', postgresReason(error)] : ['the SQLite file', sqliteReason(error)];
    throw new Error(`${variable}: ${store} cannot be used: ${reason}`, { cause: error });
  }
}
