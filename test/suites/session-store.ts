import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { sha256Hex } from '../../src/lib/bytes.js';
import { createSessionStore, type SessionAdapter, type SessionStore } from '../../src/sessions/session-store.js';
import type { SessionValue } from '../../src/sessions/session-value.js';

export interface OpenedAdapter {
  readonly adapter: SessionAdapter;
  /** From now on the store cannot answer. null where that cannot be. */
  readonly breakDown: (() => Promise<void>) | null;
  close(): Promise<void>;
}

export const HASH = sha256Hex('a token');
export const NOW = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

export const VALUE: SessionValue = {
  v: 1,
  sid: 'sid-1',
  userId: 'user-1',
  userCreatedAt: NOW - HOUR_MS,
  identityId: 'identity-1',
  tenant: 'default',
  platform: 'WECHAT',
  appid: 'wxtest0000000001',
  openid: 'openid-1',
  unionid: null,
  createdAt: NOW,
  touchedAt: NOW,
  until: NOW + HOUR_MS,
  absUntil: NOW + 24 * HOUR_MS,
  ip: '192.0.2.7',
  device: null,
};

/** What every session store keeps to, whatever is behind it. */
export function sessionStoreSuite(name: string, open: () => Promise<OpenedAdapter>): void {
  describe(`a session store over ${name}`, () => {
    let opened: OpenedAdapter;
    let store: SessionStore;

    beforeEach(async () => {
      opened = await open();
      store = createSessionStore(opened.adapter);
    });
    afterEach(async () => {
      jest.restoreAllMocks();
      await store.close();
      await opened.close();
    });

    test('answers null for what it does not have', async () => {
      expect(await store.get(HASH)).toBeNull();
    });

    test('gives back what was set, and the last of it', async () => {
      await store.set(HASH, VALUE, NOW);
      expect(await store.get(HASH)).toEqual(VALUE);
      await store.set(HASH, { ...VALUE, sid: 'sid-2' }, NOW);
      expect(await store.get(HASH)).toEqual({ ...VALUE, sid: 'sid-2' });
    });

    test('keeps every text as it is', async () => {
      const text = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(':base64:AAAA', '::x', "';--", '\0', '\ud800'),
      );
      await fc.assert(
        fc.asyncProperty(text, text, async (tenant, unionid) => {
          const value = { ...VALUE, tenant, unionid };
          await store.set(HASH, value, NOW);
          expect(await store.get(HASH)).toEqual(value);
        }),
        { numRuns: 30 },
      );
    });

    test('keeps sessions apart', async () => {
      const hashes = Array.from({ length: 50 }, (_, index) => sha256Hex(`token ${index}`));
      await Promise.all(hashes.map((hash, index) => store.set(hash, { ...VALUE, sid: `${index}` }, NOW)));
      await store.delete(hashes[7] ?? '');
      const found = await Promise.all(hashes.map((hash) => store.get(hash)));
      expect(found.map((value) => (value === null || value === 'corrupt' ? value : value.sid))).toEqual(
        hashes.map((_, index) => (index === 7 ? null : `${index}`)),
      );
    });

    test('has deleted when it says so, also what was not there', async () => {
      await store.set(HASH, VALUE, NOW);
      await store.delete(HASH);
      expect(await store.get(HASH)).toBeNull();
      await store.delete(HASH);
    });

    test('deletes many at once, of which some were not there', async () => {
      const hashes = Array.from({ length: 120 }, (_, index) => sha256Hex(`token ${index}`));
      await Promise.all(hashes.slice(0, 100).map((hash) => store.set(hash, VALUE, NOW)));
      await store.deleteAll(hashes.slice(1));
      const found = await Promise.all(hashes.map((hash) => store.get(hash)));
      expect(found).toEqual(hashes.map((_, index) => (index === 0 ? VALUE : null)));
      await store.deleteAll([]);
    });

    test('sweeps so many as it is told of those whose time in the store is over, or needs no sweep', async () => {
      const hashes = ['a', 'b', 'c'].map(sha256Hex);
      for (const hash of hashes) await store.set(hash, VALUE, NOW);
      const now = Date.now();
      expect(await store.sweep(now + 24 * HOUR_MS, 10)).toBe(0);
      const dayAfterEnd = now + 26 * HOUR_MS;
      const counts = [await store.sweep(dayAfterEnd, 2), await store.sweep(dayAfterEnd, 2)];
      expect(counts).toEqual(opened.adapter.sweep === undefined ? [0, 0] : [2, 1]);
      const isLeft = opened.adapter.sweep === undefined;
      for (const hash of hashes) expect(await store.get(hash)).toEqual(isLeft ? VALUE : null);
    });

    test('lists the hashes of all tokens that have a value, and nothing else', async () => {
      const hashes = Array.from({ length: 250 }, (_, index) => sha256Hex(`token ${index}`));
      await Promise.all(hashes.map((hash) => store.set(hash, VALUE, NOW)));
      await store.deleteAll(hashes.splice(0, 10));
      await opened.adapter.set('session:readiness', '{}');
      await opened.adapter.set(`other:${HASH}`, '{}');
      expect([...new Set(await listed(store))].sort()).toEqual(hashes.sort());
    });

    test('reads what an older version has stored', async () => {
      const { ip, device, ...old } = VALUE;
      await opened.adapter.set(`session:${HASH}`, JSON.stringify({ value: old }));
      expect(await store.get(HASH)).toEqual({ ...old, ip: null, device: null });
    });

    test('replaces what is there', async () => {
      await store.set(HASH, VALUE, NOW);
      expect(await store.replace(HASH, { ...VALUE, touchedAt: NOW + 1 }, NOW)).toBe(true);
      expect(await store.get(HASH)).toEqual({ ...VALUE, touchedAt: NOW + 1 });
    });

    test('never creates by replacing, neither what never was nor what was deleted', async () => {
      expect(await store.replace(HASH, VALUE, NOW)).toBe(false);
      expect(await store.get(HASH)).toBeNull();
      await store.set(HASH, VALUE, NOW);
      await store.delete(HASH);
      expect(await store.replace(HASH, VALUE, NOW)).toBe(false);
      expect(await store.get(HASH)).toBeNull();
    });

    test.each(corruptTexts())('calls %j corrupt, and lets it be overwritten and deleted', async (text) => {
      await opened.adapter.set(`session:${HASH}`, text);
      expect(await store.get(HASH)).toBe('corrupt');
      await store.set(HASH, VALUE, NOW);
      expect(await store.get(HASH)).toEqual(VALUE);
      await opened.adapter.set(`session:${HASH}`, text);
      await store.delete(HASH);
      expect(await store.get(HASH)).toBeNull();
    });

    test('loses nothing to a process whose clock is two hours fast', async () => {
      const now = Date.now();
      await store.set(HASH, { ...VALUE, until: now + 60_000 }, now);
      const clock = jest.spyOn(Date, 'now').mockReturnValue(now + 2 * HOUR_MS);
      expect(await store.get(HASH)).toMatchObject({ sid: VALUE.sid });
      clock.mockRestore();
      expect(await store.get(HASH)).toMatchObject({ sid: VALUE.sid });
    });

    test('says SERVICE_UNAVAILABLE when it cannot answer, never "no session"', async () => {
      if (opened.breakDown === null) return;
      await store.set(HASH, VALUE, NOW);
      await opened.breakDown();
      for (const call of [
        () => store.get(HASH),
        () => store.set(HASH, VALUE, NOW),
        () => store.replace(HASH, VALUE, NOW),
        () => store.delete(HASH),
        () => store.deleteAll([HASH]),
        () => listed(store),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 1 });
      }
    });
  });
}

async function listed(store: SessionStore): Promise<string[]> {
  const hashes: string[] = [];
  for await (const page of store.scan()) hashes.push(...page);
  return hashes;
}

function corruptTexts(): string[] {
  const wrong: unknown[] = [
    null,
    7,
    'text',
    [],
    { ...VALUE, v: 2 },
    { ...VALUE, openid: '' },
    { ...VALUE, openid: undefined },
    { ...VALUE, openid: ['openid-1'] },
    { ...VALUE, until: `${VALUE.until}` },
    { ...VALUE, platform: 'ALIPAY' },
  ];
  return [
    '',
    'not json',
    '{"value":',
    'null',
    '7',
    '"text"',
    '[]',
    '{}',
    ...wrong.map((value) => JSON.stringify({ value })),
  ];
}
