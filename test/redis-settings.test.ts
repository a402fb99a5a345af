import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { parseRedisClusterUrl } from '../src/lib/redis-cluster-url.js';
import { connectRedis, type Redis } from '../src/redis.js';
import { connectRedisCluster } from '../src/redis-cluster.js';
import { checkRedisSettings, remarkOnRedisSettings, type SettingsRemark } from '../src/redis-settings.js';
import { describeWithService } from './servers/describe-with-service.js';
import type { LocalServer } from './servers/local-server.js';
import { askRedis, type RedisOptions, startRedis } from './servers/redis.js';
import { startRedisCluster } from './servers/redis-cluster.js';

describeWithService('redis', 'how a Redis is set up', () => {
  let closers: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closers.reverse()) await close();
    closers = [];
  });

  async function start(options: RedisOptions = {}): Promise<LocalServer> {
    const server = await startRedis(options);
    closers.push(() => server.stop());
    return server;
  }

  async function connect(url: string): Promise<Redis> {
    const redis = connectRedis(url);
    closers.push(() => redis.close());
    await once(redis.client, 'ready');
    return redis;
  }

  const said = (remarks: readonly SettingsRemark[]) =>
    remarks.map(
      ({ level, message }) => `${level}: ${/set maxmemory|appendonly|full-coverage|redis\+cluster/.exec(message)}`,
    );

  test.each(['allkeys-lru', 'allkeys-random', 'volatile-ttl', 'volatile-lru'])(
    'one that drops keys by %s to make room is warned about',
    async (policy) => {
      const { url } = await start({ appendonly: true, args: ['--maxmemory-policy', policy] });
      expect(said(await checkRedisSettings(await connect(url)))).toEqual(['warn: set maxmemory']);
    },
  );

  test('one that keeps nothing on disk is told of, and no more', async () => {
    const { url } = await start();
    expect(said(await checkRedisSettings(await connect(url)))).toEqual(['info: appendonly']);
  });

  test('one as it should be leaves nothing to say', async () => {
    const { url } = await start({ appendonly: true, maxmemory: '64mb' });
    expect(await checkRedisSettings(await connect(url))).toEqual([]);
  });

  test.each([
    ['one that lets nobody ask', []],
    ['one that forbids only CONFIG', ['+info']],
  ])('%s fails nothing', async (_title, allowed) => {
    const { url, port } = await start({ args: ['--maxmemory-policy', 'allkeys-lru'] });
    await askRedis(url, 'ACL', 'SETUSER', 'app', 'on', '>pw', '~*', '+@all', '-@dangerous', ...allowed);
    const remarks = await checkRedisSettings(await connect(`redis://app:pw@127.0.0.1:${port}`));
    expect(said(remarks)).toEqual(allowed.length === 0 ? [] : ['warn: set maxmemory', 'info: appendonly']);
  });

  test('one that does not answer yet is asked when it does, once', async () => {
    const server = await start({ args: ['--maxmemory-policy', 'allkeys-lru'] });
    await server.kill();
    const redis = connectRedis(server.url);
    closers.push(() => redis.close());
    await expect(checkRedisSettings(redis)).rejects.toMatchObject({ name: 'RedisUnreachableError' });
    const remarks: SettingsRemark[] = [];
    const bothSaid = new Promise<void>((resolve) => {
      const stop = remarkOnRedisSettings(redis, (remark) => {
        remarks.push(remark);
        if (remarks.length === 2) resolve();
      });
      closers.push(async () => stop());
    });
    await server.restart();
    await bothSaid;
    expect(said(remarks)).toEqual(['warn: set maxmemory', 'info: appendonly']);
  });

  test('a cluster that stops for one lost node is told of, and so is a node of it under the URL of a single Redis', async () => {
    const cluster = await startRedisCluster({ needsFullCoverage: true });
    closers.push(() => cluster.stop());
    const redis = connectRedisCluster(parseRedisClusterUrl(cluster.url) ?? []);
    closers.push(() => redis.close());
    const remarks: SettingsRemark[] = [];
    await new Promise<void>((resolve) => {
      const stop = remarkOnRedisSettings(redis, (remark) => {
        remarks.push(remark);
        if (remarks.length === 2) resolve();
      });
      closers.push(async () => stop());
    });
    expect(said(remarks)).toEqual(['info: appendonly', 'info: full-coverage']);
    const [node] = cluster.masters;
    const single = await connect(node?.url ?? '');
    expect(said(await checkRedisSettings(single))).toEqual(['info: appendonly', 'warn: redis+cluster']);
  });
});
