import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { storeUnavailable } from '../../src/errors.js';
import { sha256Hex } from '../../src/lib/bytes.js';
import { createSessionCache } from '../../src/sessions/session-cache.js';
import type { SessionValue } from '../../src/sessions/session-value.js';
import { settledHeap } from '../support/heap.js';
import { rounds } from '../support/rounds.js';

type Found = SessionValue | null | 'corrupt';

const FAR = Number.MAX_SAFE_INTEGER;
const ALICE = sha256Hex('alice');
const BOB = sha256Hex('bob');

function session(openid: string, until = FAR): SessionValue {
  return {
    v: 1,
    ...{ sid: openid, userId: openid, identityId: openid, tenant: 'default', platform: 'WECHAT', appid: 'wx' },
    ...{ openid, unionid: null, ip: null, device: null },
    ...{ userCreatedAt: 0, createdAt: 0, touchedAt: 0, until, absUntil: FAR },
  };
}

/** One read of the store. It has seen what was there when it began, and answers when it is told to. */
interface HeldRead {
  readonly tokenHash: string;
  answer(): void;
  fail(): void;
}

function createScene({ maxEntries = 100, holds = false } = {}) {
  const stored = new Map<string, Found>();
  const reads: HeldRead[] = [];
  const clocks = { elapsedMs: 50_000, wallMs: Date.UTC(2026, 0, 1) };

  const store = {
    get: (tokenHash: string): Promise<Found> => {
      const seen = stored.get(tokenHash) ?? null;
      const answered = new Promise<Found>((resolve, reject) => {
        reads.push({
          tokenHash,
          answer: () => resolve(seen),
          fail: () => reject(storeUnavailable('sessions', null)),
        });
      });
      if (!holds) reads.at(-1)?.answer();
      return answered;
    },
  };
  const { elapsedMs, now } = { elapsedMs: () => clocks.elapsedMs, now: () => clocks.wallMs };
  return {
    cache: createSessionCache({ store, maxEntries, now, elapsedMs }),
    stored,
    reads,
    clocks,
    pass: (ms: number) => {
      clocks.elapsedMs += ms;
      clocks.wallMs += ms;
    },
  };
}

const openidOf = (found: Found) => (found !== null && found !== 'corrupt' ? found.openid : found);

describe('what the cache answers', () => {
  test('is read once a second, however often it is asked for', async () => {
    const { cache, stored, reads, pass } = createScene();
    stored.set(ALICE, session('alice'));
    for (let ms = 0; ms < 1000; ms += 111) {
      expect(openidOf(await cache.get(ALICE))).toBe('alice');
      pass(111);
    }
    expect(reads).toHaveLength(1);
    await cache.get(ALICE);
    expect(reads).toHaveLength(2);
  });

  test('is too old a second after its read began, not after it was answered', async () => {
    const { cache, stored, reads, pass } = createScene({ holds: true });
    stored.set(ALICE, session('alice'));
    const first = cache.get(ALICE);
    stored.delete(ALICE);
    pass(600);
    reads[0]?.answer();
    await first;
    pass(399);
    expect(openidOf(await cache.get(ALICE))).toBe('alice');
    pass(1);
    const second = cache.get(ALICE);
    reads[1]?.answer();
    expect(await second).toBeNull();
  });

  test.each([
    ['the clock on the wall goes on while the other stands still', 0, 1000],
    ['the clock on the wall stands still', 1000, 0],
    ['the clock on the wall was set back', 0, -1],
  ])('is not used when %s', async (_what, elapsedMs, wallMs) => {
    const { cache, stored, clocks } = createScene();
    stored.set(ALICE, session('alice'));
    await cache.get(ALICE);
    stored.delete(ALICE);
    clocks.elapsedMs += elapsedMs;
    clocks.wallMs += wallMs;
    expect(await cache.get(ALICE)).toBeNull();
  });

  test('is asked for again when its idle end has come: a use elsewhere may have moved it', async () => {
    const { cache, stored, clocks, pass } = createScene();
    stored.set(ALICE, session('alice', clocks.wallMs + 300));
    await cache.get(ALICE);
    stored.set(ALICE, session('alice', clocks.wallMs + 1300));
    pass(300);
    expect(await cache.get(ALICE)).toMatchObject({ until: clocks.wallMs + 1000 });
  });

  test.each([
    ['no session', null],
    ['something that is no session of ours', 'corrupt' as const],
  ])('is remembered for a second, too, when it is %s', async (_what, found) => {
    const { cache, stored, reads, pass } = createScene();
    stored.set(ALICE, found);
    expect([await cache.get(ALICE), await cache.get(ALICE)]).toEqual([found, found]);
    expect(reads).toHaveLength(1);
    stored.set(ALICE, session('alice'));
    pass(1000);
    expect(openidOf(await cache.get(ALICE))).toBe('alice');
  });

  test('is never what a store did not say: all who waited are told, and the next one asks again', async () => {
    const { cache, stored, reads } = createScene({ holds: true });
    stored.set(ALICE, session('alice'));
    const waiting = [cache.get(ALICE), cache.get(ALICE)];
    reads[0]?.fail();
    for (const each of waiting) await expect(each).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    const next = cache.get(ALICE);
    reads[1]?.answer();
    expect(openidOf(await next)).toBe('alice');
    expect(reads).toHaveLength(2);
  });
});

describe('a read that is under way', () => {
  test('serves those who ask within a second of its beginning', async () => {
    const { cache, stored, reads, pass } = createScene({ holds: true });
    stored.set(ALICE, session('alice'));
    const first = cache.get(ALICE);
    pass(999);
    const second = cache.get(ALICE);
    reads[0]?.answer();
    expect([openidOf(await first), openidOf(await second)]).toEqual(['alice', 'alice']);
    expect(reads).toHaveLength(1);
  });

  test('serves nobody who asks later, whichever is answered first', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const { cache, stored, reads, pass } = createScene({ holds: true });
      stored.set(ALICE, session('alice'));
      const first = cache.get(ALICE);
      stored.delete(ALICE);
      pass(1000);
      const second = cache.get(ALICE);
      for (const index of order) reads[index]?.answer();
      expect([openidOf(await first), await second]).toEqual(['alice', null]);
      expect(await cache.get(ALICE)).toBeNull();
      expect(reads).toHaveLength(2);
    }
  });
});

describe('after a drop', () => {
  test('what was kept is read again', async () => {
    const { cache, stored } = createScene();
    for (const tokenHash of [ALICE, BOB]) stored.set(tokenHash, session('somebody'));
    await Promise.all([cache.get(ALICE), cache.get(BOB)]);
    stored.clear();
    cache.drop([ALICE]);
    expect([await cache.get(ALICE), openidOf(await cache.get(BOB))]).toEqual([null, 'somebody']);
  });

  test('what nobody had is read again', async () => {
    const { cache, stored } = createScene();
    await cache.get(ALICE);
    stored.set(ALICE, session('alice'));
    cache.drop([ALICE]);
    expect(openidOf(await cache.get(ALICE))).toBe('alice');
  });

  test('a read that was under way answers those who asked before, nobody else, and nothing of it is kept', async () => {
    const { cache, stored, reads } = createScene({ holds: true });
    stored.set(ALICE, session('alice'));
    const before = cache.get(ALICE);
    stored.delete(ALICE);
    cache.drop([ALICE]);
    const after = cache.get(ALICE);
    reads[0]?.answer();
    expect(openidOf(await before)).toBe('alice');
    const later = cache.get(ALICE);
    for (const read of reads) read.answer();
    expect([await after, await later, reads.length]).toEqual([null, null, 2]);
  });

  test('a read that was under way keeps nothing when nobody has asked since', async () => {
    const { cache, stored, reads } = createScene({ holds: true });
    stored.set(ALICE, session('alice'));
    const before = cache.get(ALICE);
    stored.delete(ALICE);
    cache.drop([ALICE]);
    reads[0]?.answer();
    await before;
    const after = cache.get(ALICE);
    reads[1]?.answer();
    expect(await after).toBeNull();
  });
});

describe('how much is kept', () => {
  test('is at most maxEntries sessions: those that were read longest ago go, half of them at once', async () => {
    const { cache, stored, reads } = createScene({ maxEntries: 4 });
    const hashes = ['a', 'b', 'c', 'd'].map(sha256Hex) as [string, string, string, string];
    for (const tokenHash of hashes) stored.set(tokenHash, session('somebody'));
    const [a, b, c, d] = hashes;
    for (const tokenHash of [a, b, c, a, b, c]) await cache.get(tokenHash);
    expect(reads).toHaveLength(3);
    for (const tokenHash of [d, c, d]) await cache.get(tokenHash);
    expect(reads).toHaveLength(4);
    for (const tokenHash of [a, b]) await cache.get(tokenHash);
    expect(reads).toHaveLength(6);
  });

  test('is nearly as many as maxEntries, however few that are', async () => {
    const { cache, stored, reads } = createScene({ maxEntries: 1 });
    stored.set(ALICE, session('alice'));
    for (let n = 0; n < 3; n += 1) await cache.get(ALICE);
    expect(reads).toHaveLength(1);
  });

  test('is not less because of tokens that nobody issued', async () => {
    const { cache, stored, reads } = createScene({ maxEntries: 3 });
    stored.set(ALICE, session('alice'));
    await cache.get(ALICE);
    for (let n = 0; n < 100; n += 1) await cache.get(sha256Hex(`nobody ${n}`));
    expect(reads).toHaveLength(101);
    await cache.get(ALICE);
    expect(reads).toHaveLength(101);
  });

  test('stays the same through a day of tokens that nobody issued', async () => {
    const { cache, reads, pass } = createScene({ maxEntries: 10_000 });
    const tokens = rounds(60_000, 1_000_000);
    const warmUp = 10_000;
    let before = Number.POSITIVE_INFINITY;
    for (let n = 0; n < tokens + warmUp; n += 1) {
      if (n === warmUp) before = settledHeap();
      await cache.get(sha256Hex(`nobody ${n}`));
      reads.length = 0;
      pass(86_400_000 / tokens);
    }
    const grown = settledHeap() - before;
    // Until here it must be kept.
    cache.drop([]);
    expect(grown / 2 ** 20).toBeLessThan(4);
  });

  test('is nothing with 0: everybody asks the store, and nobody waits for the answer of another', async () => {
    const { cache, stored, reads } = createScene({ maxEntries: 0, holds: true });
    stored.set(ALICE, session('alice'));
    const first = cache.get(ALICE);
    stored.delete(ALICE);
    const second = cache.get(ALICE);
    for (const read of reads) read.answer();
    expect([openidOf(await first), await second]).toEqual(['alice', null]);
    cache.drop([ALICE]);
    const third = cache.get(ALICE);
    reads[2]?.answer();
    expect([await third, reads.length]).toEqual([null, 3]);
  });
});

type Step =
  | { readonly do: 'get'; readonly key: number }
  | { readonly do: 'change'; readonly key: number }
  | { readonly do: 'drop'; readonly key: number }
  | { readonly do: 'answer'; readonly read: number }
  | { readonly do: 'fail'; readonly read: number }
  | { readonly do: 'pass'; readonly elapsedMs: number; readonly wallMs: number };

const key = fc.nat(1);
const ms = fc.constantFrom(0, 1, 300, 999, 1000);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('get' as const), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('change' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), key }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('answer' as const), read: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), read: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), elapsedMs: ms, wallMs: ms }) },
);

test('whatever happens in whatever order, nobody is told what was dropped before they asked, or had changed a second before', async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
    const { cache, stored, reads, clocks } = createScene({ maxEntries: 1, holds: true });
    const keys = [0, 1].map((n) => sha256Hex(`${n}`));
    // What is stored is a number that only grows; `wallMs` and `elapsedMs` say when it became so.
    const versions = keys.map(() => [{ ...clocks }]);
    const dropped = keys.map(() => 0);
    const asked: { readonly atLeast: number; readonly answer: Promise<Found> }[] = [];
    const openReads: HeldRead[] = [];
    const store = (index: number, version: number) => stored.set(keys[index] ?? '', session(`${version}`));
    for (const index of keys.keys()) store(index, 0);

    for (const each of steps) {
      if (each.do === 'pass') {
        clocks.elapsedMs += each.elapsedMs;
        clocks.wallMs += each.wallMs;
      } else if (each.do === 'answer' || each.do === 'fail') {
        const [read] = openReads.splice(each.read, 1);
        read?.[each.do]();
        // So that it is seen before the next step.
        await new Promise((resolve) => setImmediate(resolve));
      } else {
        const history = versions[each.key] ?? [];
        if (each.do === 'change') store(each.key, history.push({ ...clocks }) - 1);
        else if (each.do === 'drop') {
          cache.drop([keys[each.key] ?? '']);
          dropped[each.key] = history.length - 1;
        } else {
          const isOld = (at: typeof clocks) =>
            clocks.elapsedMs - at.elapsedMs >= 1000 || clocks.wallMs - at.wallMs >= 1000;
          // What held before a change that is a second old has not been the truth for a second.
          const settled = history.filter(isOld).length - 1;
          const atLeast = Math.max(dropped[each.key] ?? 0, settled);
          const readsBefore = reads.length;
          const answer = Promise.resolve(cache.get(keys[each.key] ?? ''));
          answer.catch(() => undefined);
          asked.push({ atLeast, answer });
          openReads.push(...reads.slice(readsBefore));
        }
      }
    }
    for (const read of openReads) read.answer();
    for (const { atLeast, answer } of asked) {
      const found = await answer.catch(() => null);
      if (found !== null) expect(Number(openidOf(found))).toBeGreaterThanOrEqual(atLeast);
    }
  });
  await fc.assert(property, { numRuns: rounds(500, 20_000), endOnFailure: true });
});
