import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createPasswordLimiter, PASSWORD_LIMITS, type PasswordLimiter } from '../../src/limits/password-limiter.js';
import { connectRedis, type RedisConnection } from '../../src/redis.js';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { askRedis, startRedis } from '../servers/redis.js';

const MINUTE_MS = 60_000;
const LIMITS = {
  perSender: { count: 3, windowSeconds: 900 },
  perAccount: { count: 6, windowSeconds: 600 },
  perAddress: { count: 10, windowSeconds: 900 },
};
const IS_WRONG = 'wrong';
const IS_RIGHT = 'right';

interface Try {
  readonly tenant?: string;
  readonly username?: string;
  readonly from?: string;
}

/** What becomes of one try: the limit that refuses it, or null. */
async function tryOnce(
  limiter: PasswordLimiter,
  outcome: string,
  { tenant = 't', username = 'alice', from = 'a' }: Try,
) {
  try {
    const giveBack = await limiter({ tenant, username, addressBlock: from });
    if (outcome === IS_RIGHT) await giveBack();
    return null;
  } catch (error) {
    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) });
    return (error as { log: { limit: string } }).log.limit;
  }
}

async function tryTimes(
  limiter: PasswordLimiter,
  times: number,
  outcome: string,
  each: (n: number) => Try = () => ({}),
) {
  const refusals: (string | null)[] = [];
  for (let n = 0; n < times; n += 1) refusals.push(await tryOnce(limiter, outcome, each(n)));
  return refusals;
}

function passed(refusals: readonly (string | null)[]): number {
  return refusals.filter((refusal) => refusal === null).length;
}

describe('tries at passwords', () => {
  let limiter: PasswordLimiter;
  beforeEach(() => {
    limiter = createPasswordLimiter(null, LIMITS);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** Only the clock on the wall, which is what counts in memory go by. */
  function turnClock(ms: number): void {
    const at = Date.now() + ms;
    jest.spyOn(Date, 'now').mockReturnValue(at);
  }

  test('are counted as the documents say', () => {
    expect(PASSWORD_LIMITS).toEqual({
      perSender: { count: 5, windowSeconds: 15 * 60 },
      perAccount: { count: 50, windowSeconds: 10 * 60 },
      perAddress: { count: 100, windowSeconds: 15 * 60 },
    });
  });

  test('of one address at one account are limited, until the window has passed', async () => {
    expect(await tryTimes(limiter, 4, IS_WRONG)).toEqual([null, null, null, 'password-sender']);
    await expect(limiter({ tenant: 't', username: 'alice', addressBlock: 'a' })).rejects.toMatchObject({
      retryAfterSeconds: 900,
    });
    expect(await tryOnce(limiter, IS_WRONG, { username: 'bob' })).toBeNull();
    expect(await tryOnce(limiter, IS_WRONG, { tenant: 'other' })).toBeNull();
    expect(await tryOnce(limiter, IS_WRONG, { from: 'b' })).toBeNull();
    turnClock(15 * MINUTE_MS + 1);
    expect(await tryOnce(limiter, IS_WRONG, {})).toBeNull();
  });

  test('that come at once are as many', async () => {
    const refusals = await Promise.all(Array.from({ length: 50 }, () => tryOnce(limiter, IS_WRONG, {})));
    expect(passed(refusals)).toBe(3);
  });

  test('that were right are not counted, and give back no others', async () => {
    expect(passed(await tryTimes(limiter, 100, IS_RIGHT))).toBe(100);
    expect(await tryTimes(limiter, 2, IS_WRONG)).toEqual([null, null]);
    expect(passed(await tryTimes(limiter, 100, IS_RIGHT))).toBe(100);
    expect(await tryTimes(limiter, 2, IS_WRONG)).toEqual([null, 'password-sender']);
  });

  test('of one address are limited over all accounts', async () => {
    const refusals = await tryTimes(limiter, 12, IS_WRONG, (n) => ({ username: `user-${n}` }));
    expect(refusals).toEqual([...Array(10).fill(null), 'password-address', 'password-address']);
    expect(await tryOnce(limiter, IS_WRONG, { username: 'user-11', from: 'b' })).toBeNull();
  });

  test('at one account are limited over all addresses, but for the first of each address', async () => {
    for (const from of ['x', 'y']) await tryTimes(limiter, 3, IS_WRONG, () => ({ from }));
    // The owner has one try, whatever others do, and as many as it takes when it was right.
    expect(await tryOnce(limiter, IS_RIGHT, { from: 'home' })).toBeNull();
    expect(await tryOnce(limiter, IS_WRONG, { from: 'home' })).toBeNull();
    expect(await tryOnce(limiter, IS_WRONG, { from: 'home' })).toBe('password-account');
    expect(await tryOnce(limiter, IS_WRONG, { from: 'elsewhere' })).toBeNull();
    turnClock(10 * MINUTE_MS + 1);
    // What was refused without being judged did not count.
    expect(await tryTimes(limiter, 3, IS_WRONG, () => ({ from: 'home' }))).toEqual([null, null, 'password-sender']);
  });

  test('that are refused for their address use up nothing of the account', async () => {
    await tryTimes(limiter, 10, IS_WRONG, (n) => ({ username: `user-${n}`, from: 'x' }));
    expect(passed(await tryTimes(limiter, 20, IS_WRONG, () => ({ from: 'x' })))).toBe(0);
    for (const from of ['y', 'z']) {
      expect(passed(await tryTimes(limiter, 3, IS_WRONG, () => ({ from })))).toBe(3);
    }
  });
});

describeWithService('redis', 'tries at passwords counted in Redis', () => {
  let server: LocalServer;
  let connections: RedisConnection[];

  beforeAll(async () => {
    server = await startRedis();
  });
  beforeEach(async () => {
    await askRedis(server.url, 'FLUSHALL');
    connections = [];
  });
  afterEach(async () => {
    for (const connection of connections) await connection.close();
  });
  afterAll(() => server.stop());

  /** One process of several. */
  async function join(): Promise<PasswordLimiter> {
    const connection = connectRedis(server.url);
    connections.push(connection);
    while (!connection.isReachable()) await new Promise(setImmediate);
    return createPasswordLimiter(connection, LIMITS);
  }

  test('are limited for all processes together, those that come at once too', async () => {
    const processes = [await join(), await join()];
    const tries = processes.flatMap((limiter) => Array.from({ length: 20 }, () => tryOnce(limiter, IS_WRONG, {})));
    expect(passed(await Promise.all(tries))).toBe(3);
  });

  test('are given back where they were counted', async () => {
    const [one, other] = [await join(), await join()];
    expect(passed(await tryTimes(one, 20, IS_RIGHT))).toBe(20);
    expect(await tryTimes(one, 2, IS_WRONG)).toEqual([null, null]);
    expect(await tryTimes(other, 2, IS_WRONG)).toEqual([null, 'password-sender']);
  });

  test('leave counters there that end by themselves, and no username', async () => {
    await tryTimes(await join(), 2, IS_RIGHT);
    const keys = (await askRedis(server.url, 'KEYS', '*')) as string[];
    expect(keys.map((key) => key.replace(/[0-9a-f]{64}$/, '<hash>')).sort()).toEqual([
      'menjin:limit:password-account:<hash>',
      'menjin:limit:password-address:a',
      'menjin:limit:password-sender:<hash>',
    ]);
    for (const key of keys) {
      expect(await askRedis(server.url, 'GET', key)).toBe('0');
      expect(Number(await askRedis(server.url, 'PTTL', key))).toBeGreaterThan(0);
    }
  });

  test('are counted in memory while it does not answer', async () => {
    const limiter = await join();
    await server.kill();
    expect(await tryTimes(limiter, 4, IS_WRONG)).toEqual([null, null, null, 'password-sender']);
    await server.restart();
  });
});
