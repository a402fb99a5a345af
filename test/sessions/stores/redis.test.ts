import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { connectRedis, type RedisConnection } from '../../../src/redis.js';
import { createSessionStore } from '../../../src/sessions/session-store.js';
import { createRedisAdapter } from '../../../src/sessions/stores/redis.js';
import { describeWithService } from '../../servers/describe-with-service.js';
import type { LocalServer } from '../../servers/local-server.js';
import { askRedis, startRedis } from '../../servers/redis.js';
import { keyvSuite } from '../../suites/keyv.js';
import { HASH, NOW, sessionStoreSuite, VALUE } from '../../suites/session-store.js';

const DAY_MS = 86_400_000;

describeWithService('redis', 'sessions in Redis', () => {
  let server: LocalServer;
  let redis: RedisConnection;

  beforeAll(async () => {
    server = await startRedis();
    redis = await connected();
    // Each adapter of Keyv's tests listens to this one connection.
    redis.client.setMaxListeners(0);
  });
  afterAll(async () => {
    await redis.close();
    await server.stop();
  });

  async function connected(): Promise<RedisConnection> {
    const opened = connectRedis(server.url);
    await once(opened.client, 'ready');
    return opened;
  }

  sessionStoreSuite('redis', async () => {
    await askRedis(server.url, 'FLUSHALL');
    const own = await connected();
    return {
      adapter: createRedisAdapter(own),
      breakDown: () => own.close(),
      close: () => own.close(),
    };
  });

  describe('the Redis adapter under the tests of Keyv', () => {
    keyvSuite(() => createRedisAdapter(redis), { iterates: false });
  });

  describe('the Redis adapter', () => {
    beforeEach(() => askRedis(server.url, 'FLUSHALL'));

    test('keeps a session under one key of ours, a day longer than it is good', async () => {
      await createSessionStore(createRedisAdapter(redis)).set(HASH, VALUE, NOW);
      expect(await askRedis(server.url, 'KEYS', '*')).toEqual([`menjin:session:${HASH}`]);
      const ttlMs = Number(await askRedis(server.url, 'PTTL', `menjin:session:${HASH}`));
      expect(Math.abs(ttlMs - (VALUE.until - NOW + DAY_MS))).toBeLessThan(10_000);
    });

    test('replaces for as long as the new value is good', async () => {
      const store = createSessionStore(createRedisAdapter(redis));
      await store.set(HASH, VALUE, NOW);
      await store.replace(HASH, { ...VALUE, until: VALUE.until + DAY_MS }, NOW);
      const ttlMs = Number(await askRedis(server.url, 'PTTL', `menjin:session:${HASH}`));
      expect(Math.abs(ttlMs - (VALUE.until - NOW + 2 * DAY_MS))).toBeLessThan(10_000);
    });

    test('tells one of two that delete at once that there was something', async () => {
      const adapter = createRedisAdapter(redis);
      await adapter.set('claim', '{}');
      expect(await Promise.all([adapter.delete('claim'), adapter.delete('claim')])).toEqual([true, false]);
    });

    test('calls a value of another type corrupt, and lets it be overwritten and deleted', async () => {
      const store = createSessionStore(createRedisAdapter(redis));
      await askRedis(server.url, 'LPUSH', `menjin:session:${HASH}`, 'something');
      expect(await store.get(HASH)).toBe('corrupt');
      await store.set(HASH, VALUE, NOW);
      expect(await store.get(HASH)).toEqual(VALUE);
      await askRedis(server.url, 'DEL', `menjin:session:${HASH}`);
      await askRedis(server.url, 'HSET', `menjin:session:${HASH}`, 'field', 'something');
      await store.delete(HASH);
      expect(await store.get(HASH)).toBeNull();
    });

    test('leaves keys of others alone when it clears', async () => {
      const adapter = createRedisAdapter(redis);
      adapter.namespace = 'session';
      await askRedis(server.url, 'SET', 'session:theirs', 'value');
      await adapter.set('session:ours', '{}');
      await adapter.clear();
      expect(await askRedis(server.url, 'KEYS', '*')).toEqual(['session:theirs']);
    });
  });
});
