import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sha256Hex } from '../../../src/lib/bytes.js';
import { parseRedisClusterUrl } from '../../../src/lib/redis-cluster-url.js';
import type { Redis } from '../../../src/redis.js';
import { connectRedisCluster } from '../../../src/redis-cluster.js';
import { createSessionStore } from '../../../src/sessions/session-store.js';
import { createRedisAdapter } from '../../../src/sessions/stores/redis.js';
import { describeWithService } from '../../servers/describe-with-service.js';
import { askRedis } from '../../servers/redis.js';
import { type RedisCluster, startRedisCluster } from '../../servers/redis-cluster.js';
import { keyvSuite } from '../../suites/keyv.js';
import { NOW, sessionStoreSuite, VALUE } from '../../suites/session-store.js';

describeWithService('redis', 'sessions in a cluster of Redis', () => {
  let cluster: RedisCluster;
  let redis: Redis;

  beforeAll(async () => {
    cluster = await startRedisCluster({ password: 'pw' });
    redis = await connected();
    // Each adapter of Keyv's tests listens to these connections.
    for (const { client } of redis.connections()) client.setMaxListeners(0);
  });
  afterAll(async () => {
    await redis.close();
    await cluster.stop();
  });

  async function connected(): Promise<Redis> {
    const opened = connectRedisCluster(parseRedisClusterUrl(cluster.url) ?? []);
    const isConnected = () =>
      opened.connections().length === 3 && opened.connections().every((connection) => connection.isReachable());
    while (!isConnected()) await sleep(5);
    return opened;
  }
  const empty = () => Promise.all(cluster.masters.map(({ url }) => askRedis(url, 'FLUSHALL')));

  sessionStoreSuite('a cluster of Redis', async () => {
    await empty();
    const own = await connected();
    return {
      adapter: createRedisAdapter(own),
      breakDown: () => own.close(),
      close: () => own.close(),
    };
  });

  describe('the Redis adapter over a cluster under the tests of Keyv', () => {
    keyvSuite(() => createRedisAdapter(redis), { iterates: false });
  });

  describe('the Redis adapter over a cluster', () => {
    beforeEach(empty);

    test('spreads sessions over all nodes, each of which is found again, replaced and deleted', async () => {
      const store = createSessionStore(createRedisAdapter(redis));
      const hashes = Array.from({ length: 60 }, (_, index) => sha256Hex(`token ${index}`));
      await Promise.all(hashes.map((hash) => store.set(hash, VALUE, NOW)));
      const sizes = await Promise.all(cluster.masters.map(({ url }) => askRedis(url, 'DBSIZE')));
      expect(sizes.reduce<number>((sum, size) => sum + Number(size), 0)).toBe(60);
      expect(sizes.filter((size) => Number(size) === 0)).toEqual([]);
      for (const hash of hashes) {
        expect(await store.replace(hash, { ...VALUE, touchedAt: NOW + 1 }, NOW)).toBe(true);
        expect(await store.get(hash)).toMatchObject({ touchedAt: NOW + 1 });
        await store.delete(hash);
        expect(await store.get(hash)).toBeNull();
      }
    });

    test('clears its own keys on every node, and leaves those of others', async () => {
      const adapter = createRedisAdapter(redis);
      adapter.namespace = 'session';
      const keys = Array.from({ length: 30 }, (_, index) => `${index}`);
      await Promise.all(keys.map((key) => adapter.set(`session:${key}`, '{}')));
      await Promise.all(
        keys.map((key) => redis.ask((client) => client.set(`theirs:${key}`, 'value'), `theirs:${key}`)),
      );
      await adapter.clear();
      const left = await Promise.all(cluster.masters.map(({ url }) => askRedis(url, 'KEYS', '*')));
      expect(left.flat().map(String).sort()).toEqual(keys.map((key) => `theirs:${key}`).sort());
    });
  });
});
