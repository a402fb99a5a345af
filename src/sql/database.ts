import type { SqliteDatabase } from 'kysely';
import { AppError, storeUnavailable } from '../errors.js';
import { DeadlineError } from '../lib/deadline.js';
import { Kysely, SqliteDialect } from './kysely.js';
import { migrate } from './migrations/index.js';
import { PostgresUnavailableError, sqlState } from './postgres-errors.js';
import type { Schema } from './schema.js';
import { OPENING_TIMEOUT_MS, type SqliteFile, sqliteCode } from './sqlite-file.js';
import { MovedFileError } from './sqlite-place.js';

/** What queries are written against: the database itself or a transaction. */
export type Sql = Kysely<Schema>;

/**
 * The door to SQL. Both functions hand in the database's time (ms): rows are stamped and judged by one clock.
 *
 * @throws AppError SERVICE_UNAVAILABLE when the database cannot answer. After `transaction`, whether it was committed
 *   is not known then.
 */
export interface Database {
  /** Only for reading. `work` may run more than once. */
  query<T>(work: (sql: Sql, now: number) => Promise<T>): Promise<T>;
  /** `work` may run more than once, each time in a transaction that is the first to leave anything. */
  transaction<T>(work: (sql: Sql, now: number) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Opens, and brings an older database up to date.
 * @throws NewerDatabaseError, or SqliteError when the file cannot be used.
 */
export async function openSqliteDatabase(file: SqliteFile, now: () => number): Promise<Database> {
  const migrating = new Kysely<unknown>({ dialect: new SqliteDialect({ database: file.writer }) });
  await file.transaction(() => migrate(migrating, now()), OPENING_TIMEOUT_MS);

  const [writer, reader] = [file.writer, file.reader].map(
    (connection) => new Kysely<Schema>({ dialect: new SqliteDialect({ database: preparedOnce(connection) }) }),
  ) as [Sql, Sql];

  return {
    query: (work) => answered(() => file.read(() => work(reader, now()))),
    transaction: (work) => answered(() => file.transaction(() => work(writer, now()))),
    // The file belongs to who opened it: sessions may be kept in the same one.
    close: async () => undefined,
  };
}

const MAX_STATEMENTS = 300;

/** The texts of statements are few: to prepare one costs more than to run it. What is beyond their number is prepared each time. */
function preparedOnce(connection: SqliteFile['writer']): SqliteDatabase {
  const statements = new Map<string, ReturnType<SqliteDatabase['prepare']>>();
  return {
    prepare: (text) => {
      const known = statements.get(text);
      if (known !== undefined) return known;
      const statement = connection.prepare(text);
      if (statements.size < MAX_STATEMENTS) statements.set(text, statement);
      return statement;
    },
    close: () => connection.close(),
  };
}

/** SQLite's codes that mean "cannot answer now", in contrast to a wrong statement or a violated constraint. */
const UNAVAILABLE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|NOTADB|CORRUPT|NOMEM|PERM|AUTH|PROTOCOL)/;

/** What a database throws, as its callers know it. */
export async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (error instanceof MovedFileError) throw writesAreRefused(error);
    throw isUnavailable(error) ? storeUnavailable('sql', error) : error;
  }
}

/** Not a blink: it is over only when somebody brings the file back, or starts menjin again on another one. */
function writesAreRefused(cause: MovedFileError): AppError {
  const options = { retryAfterSeconds: 1, cause, detail: cause.message, log: { store: 'sql' } };
  return new AppError('SERVICE_UNAVAILABLE', { ...options, alarm: true });
}

function isUnavailable(error: unknown): boolean {
  if (error instanceof DeadlineError || error instanceof PostgresUnavailableError) return true;
  return UNAVAILABLE.test(sqliteCode(error) ?? '');
}

/** True for a row that would have been the second of its kind. On PostgreSQL its transaction has come to nothing. */
export function isUniqueViolation(error: unknown): boolean {
  return /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(sqliteCode(error) ?? '') || sqlState(error) === '23505';
}
