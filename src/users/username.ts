import { AppError } from '../errors.js';

const USERNAME = /^[A-Za-z0-9_.-]{3,32}$/;

/**
 * A username as it is stored, compared and shown: in lower case.
 *
 * @throws AppError BAD_USER_INPUT, in words that do not repeat it: some type their password there.
 */
export function parseUsername(text: string): string {
  // Before the case is folded: there are signs outside ASCII whose lower case is a letter of it.
  if (USERNAME.test(text)) return text.toLowerCase();
  throw new AppError('BAD_USER_INPUT', { message: 'input.username is 3 to 32 of a-z 0-9 _ . - in either case.' });
}
