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
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 1 });
      }
    });
  });
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
