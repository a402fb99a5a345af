import { closeSync, openSync, readSync } from 'node:fs';

/** With the code that SQLite has for it. */
export class DamagedFileError extends Error {
  override readonly name = 'DamagedFileError';

  constructor(readonly code: 'SQLITE_NOTADB' | 'SQLITE_CORRUPT') {
    super(code === 'SQLITE_NOTADB' ? 'the file is no SQLite database' : 'the log beside the file is damaged');
  }
}

const FILE_START = Buffer.from('SQLite format 3\0');
/** The last digit says in which order its checksums count bytes. https://www.sqlite.org/fileformat.html#walformat */
const LOG_STARTS = [0x377f0682, 0x377f0683];

/**
 * What SQLite looks at too late: it refuses a file whose header is not one, and then, as it closes it, writes into it what stands
 * in the log beside it. An empty file it takes for a new database, and a log that does not begin like one for an empty one.
 *
 * @throws DamagedFileError
 */
export function checkHeaders(path: string): void {
  const file = firstBytes(path, 24);
  const log = firstBytes(`${path}-wal`, 4);
  // A power cut may leave a log of zeros, in which nothing was ever committed.
  const hasLog = log.length === 4 && log.readUInt32BE() !== 0;
  if (file.length === 0 ? hasLog : !isHeader(file)) throw new DamagedFileError('SQLITE_NOTADB');
  if (hasLog && !LOG_STARTS.includes(log.readUInt32BE())) throw new DamagedFileError('SQLITE_CORRUPT');
}

/** https://www.sqlite.org/fileformat.html#the_database_header */
function isHeader(bytes: Buffer): boolean {
  if (bytes.length < 24 || !bytes.subarray(0, FILE_START.length).equals(FILE_START)) return false;
  const pageSize = bytes.readUInt16BE(16);
  const isPageSize = pageSize === 1 || (pageSize >= 512 && (pageSize & (pageSize - 1)) === 0);
  return isPageSize && bytes[21] === 64 && bytes[22] === 32 && bytes[23] === 32;
}

/** Fewer when the file is shorter, none when there is no file. */
function firstBytes(path: string, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  try {
    const file = openSync(path, 'r');
    try {
      return bytes.subarray(0, readSync(file, bytes, 0, count, 0));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return bytes.subarray(0, 0);
    throw error;
  }
}
