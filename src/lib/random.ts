import { randomFillSync } from 'node:crypto';

const ID_BYTES = 16;
/** Random bytes come cheaper by the thousand. */
const pool = Buffer.allocUnsafe(ID_BYTES * 256);
let used = pool.length;

/** An identifier nobody can guess or meet twice: 16 random bytes, base64url (22 characters). */
export function randomId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.toString('base64url', used - ID_BYTES, used);
}
