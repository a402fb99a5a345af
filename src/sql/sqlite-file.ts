import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Libsql from 'libsql';
import { DeadlineError } from '../lib/deadline.js';
import { createLock } from '../lib/lock.js';

type Connection = InstanceType<typeof Libsql>;

/**
 * One SQLite file as this process uses it. Reads go through a connection of their own, which no writer blocks (WAL);
 * writers take turns here, and wait for writers of other processes without blocking the event loop.
 */
export interface SqliteFile {
  /** For writing, only inside `write`. */
  readonly writer: Connection;
  /** For reading what is committed. The writer itself when the database is in memory. */
  readonly reader: Connection;
  /**
   * Runs `work` as this process's only writer.
   * @throws DeadlineError when it was not its turn in time; `work` has not begun then.
   */
  write<T>(work: (connection: Connection) => T | Promise<T>): Promise<T>;
  /** Runs `work` in one transaction that holds the file's write lock from its start. */
  transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  close(): void;
}

const PRAGMAS = [
  // Readers go on while somebody writes, and the other way round.
  'journal_mode = WAL',
  // Every commit reaches the disk: what was acknowledged survives a power cut, not only a killed process.
  'synchronous = FULL',
  'foreign_keys = ON',
];

/**
 * @param path a file, made with its folder when missing, or `:memory:`.
 * @throws SqliteError when it cannot be opened or is no database. The file is left as it is.
 */
export async function openSqliteFile(path: string, timeoutMs = 2000): Promise<SqliteFile> {
  const inMemory = path === ':memory:';
  if (!inMemory) mkdirSync(dirname(path), { recursive: true });
  const writer = await connect(path, timeoutMs);
  const reader = inMemory ? writer : await connect(path, timeoutMs);
  const lock = createLock();

  const file: SqliteFile = {
    writer,
    reader,
    write: (work) => {
      const deadline = performance.now() + timeoutMs;
      return lock.run(() => whenNotBusy(async () => work(writer), deadline), timeoutMs);
    },
    transaction: (work) => {
      const deadline = performance.now() + timeoutMs;
      return lock.run(async () => {
        // Deferred transactions that read and then write fail with BUSY half the time when two processes do it.
        await whenNotBusy(async () => writer.exec('BEGIN IMMEDIATE'), deadline);
        try {
          const result = await work(writer);
          writer.exec('COMMIT');
          return result;
        } catch (error) {
          if (writer.inTransaction) writer.exec('ROLLBACK');
          throw error;
        }
      }, timeoutMs);
    },
    close: () => {
      writer.close();
      if (reader !== writer) reader.close();
    },
  };
  return file;
}

/** Waits out other processes: several that start at once on a new file meet each other here. */
async function connect(path: string, timeoutMs: number): Promise<Connection> {
  const connection = new Libsql(path);
  const deadline = performance.now() + timeoutMs;
  try {
    for (const pragma of PRAGMAS) await whenNotBusy(async () => connection.pragma(pragma), deadline);
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
