import type { PasswordAttempt, PasswordLimiter } from '../limits/password-limiter.js';
import type { Database } from '../sql/database.js';
import type { Passwords } from '../users/passwords.js';

/**
 * One try at an account's password. It counts until it was judged to be right; what could not be judged does not count.
 *
 * @param judge null: wrong
 * @throws AppError RATE_LIMITED with `retryAfterSeconds`; what `judge` throws
 */
export type CheckPassword = <T>(attempt: PasswordAttempt, judge: () => Promise<T | null>) => Promise<T | null>;

/** What the verbs that ask for a password have in common. */
export interface PasswordParts {
  readonly database: Database;
  readonly passwords: Passwords;
  readonly checkPassword: CheckPassword;
}

export function createCheckPassword(limitPasswords: PasswordLimiter): CheckPassword {
  return async (attempt, judge) => {
    const giveBack = await limitPasswords(attempt);
    const verdict = await judge().catch(async (error: unknown) => {
      await giveBack();
      throw error;
    });
    if (verdict !== null) await giveBack();
    return verdict;
  };
}
