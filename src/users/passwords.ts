import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { AppError } from '../errors.js';
import { DeadlineError } from '../lib/deadline.js';
import { createSlots } from '../lib/slots.js';
import { createPasswordBlocklist } from './password-blocklist.js';
import { createArgon2Hasher, type PasswordHasher } from './password-hasher.js';

/** In characters (code points), NFC. */
const MIN_LENGTH = 8;
const MAX_LENGTH = 1024;
/** No text has more than four times the units of its NFC, whose time grows with the square of what is typed. */
const MAX_TYPED_UNITS = 4 * MAX_LENGTH;

/** Each takes a core, 19 MiB, and one of libuv's four threads: one is left for names and files. */
const AT_ONCE = Math.max(1, Math.min(3, availableParallelism() - 1));
const MAX_WAITING = 64;
const WAIT_MS = 4000;

/** Passwords are compared as typed, but for how Unicode spells them: NFC. Nothing of them is cut off. */
export interface Passwords {
  /** @throws AppError WEAK_PASSWORD with a reason; BAD_USER_INPUT for what is no text. */
  check(password: string, username: string): Promise<void>;
  /** Of one that was checked. @throws AppError RATE_LIMITED while too many are being hashed. */
  hash(password: string): Promise<string>;
  /**
   * Takes as long for an account that is not there, or has no password, as for one that has.
   *
   * @param hash null: nobody's. It is false then.
   * @throws AppError RATE_LIMITED while too many are being hashed: nothing was compared.
   */
  verify(password: string, hash: string | null): Promise<boolean>;
}

export function createPasswords(hasher: PasswordHasher = createArgon2Hasher(), atOnce = AT_ONCE): Passwords {
  const slots = createSlots({ atOnce, maxWaiting: MAX_WAITING });
  const isBlocked = createPasswordBlocklist(MIN_LENGTH);
  let makingDummy: Promise<string> | null = null;

  /** What no password is right for, made with the same parameters as all others. */
  function dummyHash(): Promise<string> {
    makingDummy ??= hasher.hash(randomBytes(32).toString('base64url')).catch((error: unknown) => {
      makingDummy = null;
      throw error;
    });
    return makingDummy;
  }

  async function inSlot<T>(work: () => Promise<T>): Promise<T> {
    return slots.run(work, WAIT_MS).catch((error: unknown) => {
      if (!(error instanceof DeadlineError)) throw error;
      const log = { limit: 'password-hashes' };
      throw new AppError('RATE_LIMITED', { retryAfterSeconds: WAIT_MS / 1000, cause: error, log });
    });
  }

  return {
    check: async (password, username) => {
      const normal = normalized(password);
      if (normal === null) throw refusalOf(password);
      const length = [...normal].length;
      if (length < MIN_LENGTH) throw weak('TOO_SHORT');
      if (length > MAX_LENGTH) throw weak('TOO_LONG');
      // Usernames are in lower case.
      if (normal.toLowerCase() === username || (await isBlocked(normal))) throw weak('COMMON');
    },
    hash: (password) => inSlot(() => hasher.hash(password.normalize('NFC'))),
    verify: (password, hash) =>
      inSlot(async () => {
        const normal = normalized(password);
        // Made before the first comparison, whoever is asked for: else the first name that is unknown would take longer.
        const dummy = await dummyHash();
        if (hash !== null && normal !== null) return hasher.verify(normal, hash);
        await hasher.verify(normal ?? '', dummy);
        return false;
      }),
  };
}

/** null for what cannot be anybody's password. */
function normalized(password: string): string | null {
  return password.length > MAX_TYPED_UNITS || hasHalfPairs(password) ? null : password.normalize('NFC');
}

/** Half a surrogate pair has no bytes in UTF-8: all of them would be the same password. */
function hasHalfPairs(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

function refusalOf(password: string): AppError {
  if (!hasHalfPairs(password)) return weak('TOO_LONG');
  return new AppError('BAD_USER_INPUT', { message: 'A password is text: it may not hold half of a surrogate pair.' });
}

function weak(reason: 'TOO_SHORT' | 'TOO_LONG' | 'COMMON'): AppError {
  return new AppError('WEAK_PASSWORD', { reason });
}
