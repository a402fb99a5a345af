import { Buffer } from 'node:buffer';

/** Turns passwords into what is stored, and compares. Bounds nothing. */
export interface PasswordHasher {
  /** In PHC's form, with a salt of its own. */
  hash(password: string): Promise<string>;
  verify(password: string, hash: string): Promise<boolean>;
}

/** OWASP, Password Storage Cheat Sheet: the least for argon2id. Memory in KiB, of each hash under way. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$/;

/** Whether the hash was made with less than what new ones are made with, or in another way. */
export function needsRehash(hash: string): boolean {
  const [, memoryCost, timeCost, parallelism] = PHC.exec(hash) ?? [];
  const isEnough =
    Number(memoryCost) >= PARAMETERS.memoryCost &&
    Number(timeCost) >= PARAMETERS.timeCost &&
    Number(parallelism) >= PARAMETERS.parallelism;
  return !isEnough;
}

/** argon2id. Loaded when the first password is there to be hashed: a gateway without passwords does without. */
export function createArgon2Hasher(): PasswordHasher {
  const load = () => import('@node-rs/argon2');
  return {
    // As bytes: text with a NUL in it must not end there.
    hash: async (password) => (await load()).hash(Buffer.from(password, 'utf8'), PARAMETERS),
    verify: async (password, hash) => (await load()).verify(hash, Buffer.from(password, 'utf8')),
  };
}
