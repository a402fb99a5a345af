import { closeSync, openSync, readSync } from 'node:fs';

const MAX_BYTES = 1024 * 1024;

/**
 * The text of a UTF-8 file of at most 1 MiB, without its byte order mark.
 *
 * @throws Error with a `code`: the system's (`ENOENT`), `EFBIG`, or `ERR_ENCODING_INVALID_ENCODED_DATA`.
 */
export function readTextFile(path: string): string {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    const length = fill(buffer, file);
    if (length > MAX_BYTES) throw Object.assign(new Error('file too large'), { code: 'EFBIG' });
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length));
  } finally {
    closeSync(file);
  }
}

// Not by the size the system reports: a pipe or a device has none.
function fill(buffer: Buffer, file: number): number {
  let length = 0;
  while (length < buffer.length) {
    const read = readSync(file, buffer, length, buffer.length - length, null);
    if (read === 0) break;
    length += read;
  }
  return length;
}
