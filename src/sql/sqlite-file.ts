import { setTimeout as wait } from 'node:timers/promises';
import Libsql from 'libsql';
import { DeadlineError, withDeadline } from '../lib/deadline.js';
import { createSharedCommits } from './shared-commits.js';
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
   * Runs `work` as this process's only writer, in a transaction that holds the file's write lock from its start. Others that
   * waited may share it: what one of them fails with undoes what itself has written. A single statement needs it too: the
   * driver leaves a prepared statement that met a busy file half begun, and while there is one SQLite commits no other,
   * although it answers as if it had.
   */
  transaction<T>(work: (connection: Connection) => T | Promise<T>, timeoutMs?: number): Promise<T>;
  /**
   * Resolves when it is not known that a write would fail: the file is in its place, and after a write that failed for the whole
   * file (a full disk, a file system that became read-only) another one went through.
   */
  checkWritable(): Promise<void>;
  /** Waits for those who write, or wait to. Calling it again is harmless. */
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
 * @param now a clock that is never set, in ms: by it writers join a transaction, and come too late.
 * @throws SqliteError or DamagedFileError when it cannot be opened or is no database. The file is left as it is.
 */
export async function openSqliteFile(
  path: string,
  timeoutMs = 1900,
  now: () => number = () => performance.now(),
): Promise<SqliteFile> {
  const inMemory = path === ':memory:';
  const place = inMemory ? null : takePlace(path);
  const [writer, reader] = await connectBoth(path, place !== null).catch((error: unknown) => {
    place?.leave();
    throw error;
  });
  let isOpen = true;
  let isWritable = true;
  let closing: Promise<void> | null = null;
  const commits = createSharedCommits({
    connection: writer,
    begin: async (isWanted) => {
      // Deferred transactions that read and then write fail with BUSY half the time when two processes do it.
      await whenNotBusy(async () => writer.exec('BEGIN IMMEDIATE'), isWanted);
      place?.check();
    },
    isForAll: cannotWrite,
    now,
    onFailure: (error) => {
      if (cannotWrite(error)) isWritable = false;
    },
  });

  const transaction: SqliteFile['transaction'] = async (work, ownTimeoutMs = timeoutMs) => {
    // A closed connection must not be asked anything: the driver ends the whole process for `inTransaction`.
    if (!isOpen) throw closed();
    return commits.run(() => work(writer), ownTimeoutMs);
  };

  return {
    writer,
    reader,
    read: async (work) => {
      if (inMemory) return transaction(work);
      if (!isOpen) throw closed();
      // Nobody's writing makes a reader wait, but repairing the log after another process's crash does, for a moment.
      return whenNotBusy(async () => work(reader), before(performance.now() + timeoutMs));
    },
    transaction,
    checkWritable: async () => {
      place?.check();
      if (isWritable) return;
      // The number is free for any use, and we have none: writing it changes nothing and reaches the disk.
      await transaction((connection) => void connection.exec('PRAGMA user_version = 0'));
      isWritable = true;
    },
    close: () => {
      isOpen = false;
      closing ??= withDeadline(commits.idle(), timeoutMs).then(() => {
        writer.close();
        if (reader !== writer) reader.close();
        place?.leave();
      });
      return closing;
    },
  };
}

function closed(): DeadlineError {
  return new DeadlineError('the database is closed');
}

function cannotWrite(error: unknown): boolean {
  return CANNOT_WRITE.test(sqliteCode(error) ?? '');
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
  const isEarly = before(performance.now() + OPENING_TIMEOUT_MS);
  try {
    for (const pragma of pragmas) await whenNotBusy(async () => connection.exec(`PRAGMA ${pragma}`), isEarly);
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

/** Tries again while another process holds the file. The driver is synchronous, so its own busy time-out would stop everything. */
async function whenNotBusy<T>(attempt: () => Promise<T>, isWanted: () => boolean): Promise<T> {
  for (let delayMs = 1; ; delayMs = Math.min(delayMs * 2, 32)) {
    if (!isWanted()) throw new DeadlineError('another process held the database');
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
    await wait(delayMs * (0.5 + Math.random()));
  }
}

function before(deadline: number): () => boolean {
  return () => performance.now() < deadline;
}

function isBusy(error: unknown): boolean {
  return sqliteCode(error)?.startsWith('SQLITE_BUSY') ?? false;
}

/** SQLite's result code (`SQLITE_FULL`, `SQLITE_CONSTRAINT_UNIQUE`), or null for other errors. */
export function sqliteCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  return error.code.startsWith('SQLITE_') ? error.code : null;
}
