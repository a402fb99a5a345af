import { hash } from 'node:crypto';

/**
 * Joins fields so that no two lists of fields give the same bytes: each is preceded by its length.
 * `['ab', 'c']` and `['a', 'bc']` differ.
 */
export function lengthPrefixed(fields: readonly string[]): Buffer {
  const parts = fields.flatMap((field) => {
    const bytes = Buffer.from(field, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(parts);
}

/** null for text that is not base64url as we write it: one sequence of bytes has one spelling. */
export function fromBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}

/** SHA-256 as 64 hex digits. */
export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}
