import { createDecipheriv } from 'node:crypto';

export const BLOCK_BYTES = 16;

export function decrypt(ciphertext: Buffer, key: Buffer, iv: Buffer): Buffer {
  // Node's own check of the padding ends the work early, by throwing.
  const decipher = createDecipheriv('aes-128-cbc', key, iv).setAutoPadding(false);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

/** PKCS#7 (RFC 5652, section 6.3), without leaving early. All of the bytes when the padding is none. */
export function unpad(bytes: Buffer): { bytes: Buffer; isPadded: boolean } {
  const length = bytes.at(-1) ?? 0;
  let difference = Number(length < 1 || length > BLOCK_BYTES);
  for (let at = 1; at <= BLOCK_BYTES; at += 1) {
    difference |= at <= length ? (bytes.at(-at) ?? 0) ^ length : 0;
  }
  const isPadded = difference === 0;
  return { bytes: bytes.subarray(0, bytes.length - (isPadded ? length : 0)), isPadded };
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function decodeUtf8(bytes: Buffer): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}
