import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createSessionStore } from '../../../src/sessions/session-store.js';
import { adapterOver, createPostgresAdapter } from '../../../src/sessions/stores/postgres.js';
import { connectPostgres, type Postgres } from '../../../src/sql/postgres.js';
import { describeWithService } from '../../servers/describe-with-service.js';
import type { LocalServer } from '../../servers/local-server.js';
import { askPostgres, startPostgres } from '../../servers/postgres.js';
import { keyvSuite } from '../../suites/keyv.js';
import { HASH, NOW, sessionStoreSuite, VALUE } from '../../suites/session-store.js';

const DAY_MS = 86_400_000;

describeWithService('postgres', 'sessions in PostgreSQL', () => {
  let server: LocalServer;
  let postgres: Postgres;

  beforeAll(async () => {
    server = await startPostgres();
    postgres = connectPostgres(server.url);
    await createPostgresAdapter(postgres);
  });
  afterAll(async () => {
    await postgres.close();
    await server.stop();
  });
  const empty = () => askPostgres(server.url, 'TRUNCATE session_values');
  const count = async () => (await askPostgres(server.url, 'SELECT key FROM session_values')).length;

  sessionStoreSuite('postgres', async () => {
    await empty();
    const own = connectPostgres(server.url);
    return { adapter: await createPostgresAdapter(own), breakDown: () => own.close(), close: () => own.close() };
  });

  describe('the PostgreSQL adapter under the tests of Keyv', () => {
    keyvSuite(() => adapterOver(postgres), { iterates: false });
  });

  describe('the PostgreSQL adapter', () => {
    beforeEach(empty);

    test('keeps a session in one row, a day longer than it is good, and replaces for as long as the new value is good', async () => {
      const store = createSessionStore(adapterOver(postgres));
      const ttlMs = async () => {
        const [row] = await askPostgres<{ key: string; left: number }>(
          server.url,
          'SELECT key, (expires_at - $1)::float8 AS left FROM session_values',
          [Date.now()],
        );
        expect(row?.key).toBe(`session:${HASH}`);
        return row?.left ?? 0;
      };
      await store.set(HASH, VALUE, NOW);
      expect(Math.abs((await ttlMs()) - (VALUE.until - NOW + DAY_MS))).toBeLessThan(10_000);
      await store.replace(HASH, { ...VALUE, until: VALUE.until + DAY_MS }, NOW);
      expect(Math.abs((await ttlMs()) - (VALUE.until - NOW + 2 * DAY_MS))).toBeLessThan(10_000);
    });

    test('tells one of two that delete at once that there was something', async () => {
      const adapter = adapterOver(postgres);
      await adapter.set('claim', '{}');
      const told = await Promise.all([adapter.delete('claim'), adapter.delete('claim')]);
      expect(told.sort()).toEqual([false, true]);
    });

    test('deletes many in one statement, and says whether there was one', async () => {
      const adapter = adapterOver(postgres);
      for (const key of ['a', 'b', 'c']) await adapter.set(key, '{}');
      expect(await adapter.deleteMany?.(['a', 'c', 'nothing'])).toBe(true);
      expect(await adapter.deleteMany?.(['a', 'c'])).toBe(false);
      expect(await askPostgres(server.url, 'SELECT key FROM session_values')).toEqual([{ key: 'b' }]);
    });

    test('sweeps so many of those whose time is over, the oldest first, and no other', async () => {
      const adapter = adapterOver(postgres);
      for (let n = 1; n <= 5; n += 1) await adapter.set(`short-${n}`, '{}', n);
      await adapter.set('long', '{}', DAY_MS);
      await adapter.set('for ever', '{}');
      const later = Date.now() + 1_000;
      const sweep = () =>
        (adapter as unknown as { sweep(now: number, limit: number): Promise<number> }).sweep(later, 2);
      expect(await sweep()).toBe(2);
      expect(
        await askPostgres(server.url, "SELECT key FROM session_values WHERE key IN ('short-1', 'short-2')"),
      ).toEqual([]);
      expect([await sweep(), await sweep(), await sweep()]).toEqual([2, 1, 0]);
      expect(await count()).toBe(2);
    });

    test('clears its namespace only, whatever the letters in it', async () => {
      const [ours, theirs] = [adapterOver(postgres), adapterOver(postgres)];
      ours.namespace = 'a_%';
      theirs.namespace = 'abc';
      await ours.set('a_%:1', 'ours');
      await theirs.set('abc:1', 'theirs');
      await ours.clear();
      expect(await askPostgres(server.url, 'SELECT key FROM session_values')).toEqual([{ key: 'abc:1' }]);
    });
  });
});
