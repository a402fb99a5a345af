import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { createBoundedMemory } from '../../src/limits/bounded-memory.js';
import { rounds } from '../support/rounds.js';

const START = Date.UTC(2026, 0, 1);
const SHARED_KEYS = 1024;

describe('counting in bounded memory', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: START, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  test('counts each key for itself below the bound', async () => {
    const keys = fc.constantFrom('a', 'b', 'c', 'shared:1');
    const steps = fc.array(fc.tuple(keys, fc.nat(800)), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), async (taken, windowSeconds) => {
        const count = counter({ points: 2, windowSeconds });
        const counted = new Map<string, { count: number; until: number }>();
        for (const [key, waitMs] of taken) {
          jest.advanceTimersByTime(waitMs);
          const { count: before, until } = counted.get(key) ?? { count: 0, until: 0 };
          const expected =
            Date.now() < until ? { count: before + 1, until } : { count: 1, until: Date.now() + windowSeconds * 1000 };
          counted.set(key, expected);
          expect(await count(key)).toEqual({ count: expected.count, msLeft: expected.until - Date.now() });
        }
      }),
    );
  });

  test('never holds more counters than its bound and the shared ones, whatever comes when', async () => {
    const maxKeys = 1500;
    const arrivals = fc.record({
      newKeys: fc.nat(3000),
      oldKeys: fc.nat(200),
      waitMs: fc.nat(1500),
      clockTurnedMs: fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: -3_600_000, max: 3_600_000 })),
      atOnce: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(arrivals, { minLength: 1, maxLength: 8 }), async (taken) => {
        jest.clearAllTimers();
        const count = counter({ points: 2, windowSeconds: 1, maxKeys });
        let named = 0;
        for (const { newKeys, oldKeys, waitMs, clockTurnedMs, atOnce } of taken) {
          const repeated = Array.from({ length: Math.min(oldKeys, named) }, (_, index) => `key ${named - 1 - index}`);
          const fresh = Array.from({ length: newKeys }, (_, index) => `key ${named + index}`);
          named += newKeys;
          const keys = [...fresh, ...repeated];
          if (atOnce) await Promise.all(keys.map(count));
          else for (const key of keys) await count(key);
          expect(counters()).toBeLessThanOrEqual(maxKeys + SHARED_KEYS);
          jest.setSystemTime(Date.now() + clockTurnedMs);
          jest.advanceTimersByTime(waitMs);
        }
      }),
      { numRuns: rounds(6, 60) },
    );
  });

  test('holds nothing once a window has passed', async () => {
    const count = counter({ points: 2, windowSeconds: 5, maxKeys: 10 });
    for (let index = 0; index < 50; index += 1) await count(`key ${index}`);
    expect(counters()).toBeGreaterThan(10);
    jest.advanceTimersByTime(5000);
    expect(counters()).toBe(0);
  });

  test('goes on limiting beyond its bound: a key counts at least what it sent since', async () => {
    const count = counter({ points: 2, windowSeconds: 1, maxKeys: 10 });
    for (let index = 0; index < 10; index += 1) await count(`key ${index}`);
    for (let sent = 1; sent <= 5; sent += 1) expect((await count('one more')).count).toBeGreaterThanOrEqual(sent);
    for (let sent = 1; sent <= 5; sent += 1) expect((await count('key 3')).count).toBeGreaterThanOrEqual(sent);
  });

  test('lets no crowd of keys through: beyond its bound they have the shared counters between them', async () => {
    const points = 2;
    const count = counter({ points, windowSeconds: 60, maxKeys: 10 });
    const counts = await Promise.all(Array.from({ length: 5000 }, (_, index) => count(`key ${index}`)));
    expect(counts.filter((each) => each.count <= points).length).toBeLessThanOrEqual(10 + SHARED_KEYS * points);
  });

  test('counts exactly again when those windows have passed', async () => {
    const count = counter({ points: 2, windowSeconds: 1, maxKeys: 10 });
    for (let index = 0; index < 5000; index += 1) await count(`key ${index}`);
    jest.advanceTimersByTime(2000);
    for (let index = 0; index < 10; index += 1) expect((await count(`key ${index}`)).count).toBe(1);
  });
});

/** Every counter has a timer that ends it, and nothing else here has one. */
function counters(): number {
  return jest.getTimerCount();
}

function counter({
  points,
  windowSeconds,
  maxKeys = 1000,
}: {
  points: number;
  windowSeconds: number;
  maxKeys?: number;
}) {
  const consume = createBoundedMemory({ keyPrefix: 'test', points, duration: windowSeconds }, maxKeys);
  return async (key: string) => {
    const outcome = await consume(key).catch((refused: unknown) => {
      if (refused instanceof RateLimiterRes) return refused;
      throw refused;
    });
    return { count: outcome.consumedPoints, msLeft: outcome.msBeforeNext };
  };
}
