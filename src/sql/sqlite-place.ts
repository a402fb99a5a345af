import { closeSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { checkHeaders } from './sqlite-header.js';

/** The file was deleted or replaced while it was open: what is written to it then is gone with this process. */
export class MovedFileError extends Error {
  override readonly name = 'MovedFileError';
}

/** Where the file of a database is, for as long as it is open. */
export interface SqlitePlace {
  /**
   * SQLite does not notice when its file or the log beside it is no longer there: its writes go on and succeed. A few microseconds.
   * @throws MovedFileError
   */
  check(): void;
  leave(): void;
}

/**
 * How often this process has a file open. By the rules of POSIX whoever closes a file gives up all locks of their process on it,
 * also those of SQLite, and then another process deletes the log that is in use here. So a file that is open is not
 * opened beside SQLite. https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
 */
const openHere = new Map<string, number>();

/**
 * Makes the file with its folder when missing, for this user alone; SQLite gives the log beside the file the file's own mode.
 * @throws DamagedFileError, or the error of the file system.
 */
export function takePlace(path: string): SqlitePlace {
  if (!openHere.has(identityOf(path) ?? '')) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
    checkHeaders(realpathSync(path));
  }
  // Where SQLite puts what stands beside it.
  const real = realpathSync(path);
  const own = identityOf(path) ?? '';
  openHere.set(own, (openHere.get(own) ?? 0) + 1);
  // The log and its index are made with the first transaction, and then stay for as long as a connection does.
  const opened = new Map([[path, own]]);

  return {
    check: () => {
      for (const name of [path, `${real}-wal`, `${real}-shm`]) {
        const found = identityOf(name);
        const expected = opened.get(name) ?? found;
        if (found !== expected) {
          throw new MovedFileError('the SQLite file, or the -wal or -shm file beside it, was deleted or replaced');
        }
        if (found !== null) opened.set(name, found);
      }
    },
    leave: () => {
      const left = (openHere.get(own) ?? 0) - 1;
      if (left > 0) openHere.set(own, left);
      else openHere.delete(own);
    },
  };
}

/** What no other file has while this one is open; null when there is none of this name, or none that can be reached. */
function identityOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return null;
  }
}
