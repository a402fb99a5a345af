import { randomBytes } from 'node:crypto';

/** An identifier nobody can guess or meet twice: 16 random bytes, base64url (22 characters). */
export function randomId(): string {
  return randomBytes(16).toString('base64url');
}
