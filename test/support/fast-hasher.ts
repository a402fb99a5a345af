import { createHash, randomBytes } from 'node:crypto';
import type { PasswordHasher } from '../../src/users/password-hasher.js';

/** In place of argon2, for tests that are not about it: fast, and it counts. */
export interface FastHasher extends PasswordHasher {
  /** How often each was asked for so far. */
  readonly calls: { hash: number; verify: number };
  /** What hashes made from now on say they were made with, in PHC's form. */
  parameters: string;
}

export function createFastHasher(): FastHasher {
  const hasher: FastHasher = {
    calls: { hash: 0, verify: 0 },
    parameters: 'm=19456,t=2,p=1',
    hash: async (password) => {
      hasher.calls.hash += 1;
      return spelled(hasher.parameters, randomBytes(12).toString('hex'), password);
    },
    verify: async (password, hash) => {
      hasher.calls.verify += 1;
      const [, , , parameters = '', salt = ''] = hash.split('$');
      return spelled(parameters, salt, password) === hash;
    },
  };
  return hasher;
}

function spelled(parameters: string, salt: string, password: string): string {
  const digest = createHash('sha256').update(`${salt} ${password}`).digest('hex');
  return `$argon2id$v=19$${parameters}$${salt}$${digest}`;
}
