import { setTimeout as wait } from 'node:timers/promises';
import Libsql from 'libsql';
import { DeadlineError } from '../lib/deadline.js';
import { createLock } from '../lib/slots.js';
import { takePlace } from './sqlite-place.js';

type Connection = InstanceType<typeof Libsql>;

/**
 * One SQLite file as this process uses it. Reads go through a connection of their own, which no writer blocks (WAL);
 * writers take turns here, and wait for writers of other processes without blocking the event loop.
 *
 * Every function throws DeadlineError when it could not begin in time, or the file is closed: `work` has done nothing
 * then. Those that write throw MovedFileError when the file is no longer where it was opened.
 */
export interface SqliteFile {
  /** For writing, only inside `transaction`. */
  readonly writer: Connection;
  /** For reading what is committed, only inside `read`. The writer itself when the database is in memory. */
  readonly reader: Connection;
  /** `work` may run more than once. */
  read<T>(work: (connection: Connection) => T | Promise<T>): Promise<T>;
  /**
   * Runs `work` as this process's only writer, in one transaction that holds the file's write lock from its start. A
   * single statement needs it too: the driver leaves a prepared statement that met a busy file half begun, and while
   * there is one SQLite commits no other, although it answers as if it had.
   */
  transaction<T>(work: (connection: Connection) => T | Promise<T>, timeoutMs?: number): Promise<T>;
  /**
   * Resolves when it is not known that a write would fail: the file is in its place, and after a write that failed for the whole
   * file (a full disk, a file system that became read-only) another one went through.
   */
  checkWritable(): Promise<void>;
  /** Waits for the writer at work. Calling it again is harmless. */
  close(): Promise<void>;
}

/** At start there is time: another process may be bringing the file up to date. */
export const OPENING_TIMEOUT_MS = 15_000;

const PRAGMAS = [
  // Readers go on while somebody writes, and the other way round.
  'journal_mode = WAL',
  // Every commit reaches the disk: what was acknowledged survives a power cut, not only a killed process.
  'synchronous = FULL',
  'foreign_keys = ON',
];

/** SQLite's codes for what does not concern one statement alone. */
const CANNOT_WRITE = /^SQLITE_(FULL|READONLY|IOERR)/;

/**
 * @param path a file, made with its folder when missing, or `:memory:`.
 * @param timeoutMs ends before the stores' own deadline, so that no write begins whose caller was told "not known".
 * @throws SqliteError or DamagedFileError when it cannot be opened or is no database. The file is left as it is.
 */
export async function openSqliteFile(path: string, timeoutMs = 1900): Promise<SqliteFile> {
  const inMemory = path === ':memory:';
  const place = inMemory ? null : takePlace(path);
  const [writer, reader] = await connectBoth(path, place !== null).catch((error: unknown) => {
    place?.leave();
    throw error;
  });
  const lock = createLock();
  let isOpen = true;
  let isWritable = true;

  const transaction: SqliteFile['transaction'] = (work, ownTimeoutMs = timeoutMs) => {
    const deadline = performance.now() + ownTimeoutMs;
    return lock.run(async () => {
      // A closed connection must not be asked anything: the driver ends the whole process for `inTransaction`.
      if (!isOpen) throw new DeadlineError('the database is closed');
      try {
        // Deferred transactions that read and then write fail with BUSY half the time when two processes do it.
        await whenNotBusy(async () => writer.exec('BEGIN IMMEDIATE'), deadline);
        place?.check();
        const result = await work(writer);
        writer.exec('COMMIT');
        return result;
      } catch (error) {
        rollBack(writer);
        if (CANNOT_WRITE.test(sqliteCode(error) ?? '')) isWritable = false;
        throw error;
      }
    }, ownTimeoutMs);
  };

  return {
    writer,
    reader,
    read: async (work) => {
      if (inMemory) return transaction(work);
      if (!isOpen) throw new DeadlineError('the database is closed');
      // Nobody's writing makes a reader wait, but repairing the log after another process's crash does, for a moment.
      return whenNotBusy(async () => work(reader), performance.now() + timeoutMs);
    },
    transaction,
    checkWritable: async () => {
      place?.check();
      if (isWritable) return;
      // The number is free for any use, and we have none: writing it changes nothing and reaches the disk.
      await transaction((connection) => void connection.exec('PRAGMA user_version = 0'));
      isWritable = true;
    },
    close: () =>
      lock.run(async () => {
        if (!isOpen) return;
        isOpen = false;
        writer.close();
        if (reader !== writer) reader.close();
        place?.leave();
      }, timeoutMs),
  };
}

/** Ends a transaction that is still open. SQLite has ended it itself after a full disk or an I/O error. */
function rollBack(connection: Connection): void {
  if (!connection.inTransaction) return;
  try {
    connection.exec('ROLLBACK');
  } catch {
    // What led here says more.
  }
}

async function connectBoth(path: string, areTwo: boolean): Promise<[writer: Connection, reader: Connection]> {
  const writer = await connect(path, PRAGMAS);
  if (!areTwo) return [writer, writer];
  try {
    return [writer, await connect(path, [...PRAGMAS, 'query_only = ON'])];
  } catch (error) {
    writer.close();
    throw error;
  }
}

/** Waits out other processes: several that start at once on a new file meet each other here. */
async function connect(path: string, pragmas: readonly string[]): Promise<Connection> {
  const connection = new Libsql(path);
  const deadline = performance.now() + OPENING_TIMEOUT_MS;
  try {
    for (const pragma of pragmas) await whenNotBusy(async () => connection.exec(`PRAGMA ${pragma}`), deadline);
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

/** Tries again while another process holds the file. The driver is synchronous, so its own busy time-out would stop everything. */
async function whenNotBusy<T>(attempt: () => Promise<T>, deadline: number): Promise<T> {
  for (let delayMs = 1; ; delayMs = Math.min(delayMs * 2, 32)) {
    if (performance.now() >= deadline) throw new DeadlineError('another process held the database');
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
    await wait(delayMs * (0.5 + Math.random()));
  }
}

function isBusy(error: unknown): boolean {
  return sqliteCode(error)?.startsWith('SQLITE_BUSY') ?? false;
}

/** SQLite's result code (`SQLITE_FULL`, `SQLITE_CONSTRAINT_UNIQUE`), or null for other errors. */
export function sqliteCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  return error.code.startsWith('SQLITE_') ? error.code : null;
}
