import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { fromBase64url } from './bytes.js';
import type { KeyRing } from './key-ring.js';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts under the ring's first key, bound to `place`: sealed text moved to another place does not open. */
export function seal(ring: KeyRing, plaintext: string, place: Uint8Array): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, ring.first.subkey('seal'), iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(place);
  const sealed = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return ['v1', ring.first.kid, iv.toString('base64url'), sealed.toString('base64url')].join('.');
}

/** The plaintext, or null when the text was changed, moved, or sealed under a key that is not in the ring. */
export function open(ring: KeyRing, sealedText: string, place: Uint8Array): string | null {
  const [version, kid = '', ivText = '', sealedBytes = '', ...rest] = sealedText.split('.');
  if (version !== 'v1' || rest.length > 0) return null;
  const key = ring.byKid(kid);
  const iv = fromBase64url(ivText);
  const sealed = fromBase64url(sealedBytes);
  if (key === null || iv?.length !== IV_BYTES || sealed === null || sealed.length < TAG_BYTES) return null;
  try {
    const decipher = createDecipheriv(ALGORITHM, key.subkey('seal'), iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(place);
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
