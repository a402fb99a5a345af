import { AppError } from '../errors.js';
import { lengthPrefixed, sha256Hex } from '../lib/bytes.js';
import type { Rate } from '../lib/rate.js';
import type { Redis } from '../redis.js';
import { type Counted, createCounter } from './counter.js';

/** One try at somebody's password. */
export interface PasswordAttempt {
  readonly tenant: string;
  /** Of an account that need not be there. */
  readonly username: string;
  /** What `addressBlock` made of the sender's address. */
  readonly addressBlock: string;
}

/**
 * Counts a try, before it is judged: many at once are as many.
 *
 * @returns takes it back, for a try that was right or came to no judgement. Never throws.
 * @throws AppError RATE_LIMITED with `retryAfterSeconds`
 */
export type PasswordLimiter = (attempt: PasswordAttempt) => Promise<() => Promise<void>>;

export interface PasswordLimits {
  /** Of one address at one account. */
  readonly perSender: Rate;
  /** Of all addresses at one account. Does not concern the first try of an address: nobody else can use that one up. */
  readonly perAccount: Rate;
  /** Of one address at all accounts. */
  readonly perAddress: Rate;
}

const MINUTE_SECONDS = 60;

export const PASSWORD_LIMITS: PasswordLimits = {
  perSender: { count: 5, windowSeconds: 15 * MINUTE_SECONDS },
  perAccount: { count: 50, windowSeconds: 10 * MINUTE_SECONDS },
  perAddress: { count: 100, windowSeconds: 15 * MINUTE_SECONDS },
};

export function createPasswordLimiter(redis: Redis | null, limits: PasswordLimits = PASSWORD_LIMITS): PasswordLimiter {
  const perSender = createCounter('password-sender', limits.perSender, redis);
  const perAccount = createCounter('password-account', limits.perAccount, redis);
  const perAddress = createCounter('password-address', limits.perAddress, redis);

  return async ({ tenant, username, addressBlock }) => {
    const counts: Counted[] = [];
    const giveBack = async () => {
      await Promise.all(counts.map((counted) => counted.giveBack()));
    };

    const bySender = await perSender(keyOf([tenant, username, addressBlock]));
    if (bySender.isOver) throw refusalOf('password-sender', bySender);
    counts.push(bySender);

    const byAccount = await perAccount(keyOf([tenant, username]));
    counts.push(byAccount);
    const isFirst = bySender.count <= 1;
    if (byAccount.isOver && !isFirst) {
      await giveBack();
      throw refusalOf('password-account', byAccount);
    }

    const byAddress = await perAddress(addressBlock);
    counts.push(byAddress);
    if (byAddress.isOver) {
      await giveBack();
      throw refusalOf('password-address', byAddress);
    }
    return giveBack;
  };
}

/** Not the username itself: what counts is kept where operators look. */
function keyOf(fields: readonly string[]): string {
  return sha256Hex(lengthPrefixed(fields));
}

function refusalOf(limit: string, { retryAfterSeconds }: Counted): AppError {
  return new AppError('RATE_LIMITED', { retryAfterSeconds, detail: 'too many tries of a password', log: { limit } });
}
