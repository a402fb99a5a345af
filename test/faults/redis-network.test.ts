import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { describeWithService } from '../servers/describe-with-service.js';
import { askRedis, commandCalls } from '../servers/redis.js';
import { startRefusingRedis } from '../servers/refusing-redis.js';
import { openidIn, REDIS_PASSWORD, tokenIn } from '../support/redis-gateway.js';
import { CACHE_SIZES, keyOf, openRedisScene, type RedisScene } from '../support/redis-scene.js';
import { rounds } from '../support/rounds.js';
import { codeOf, freshRequestId } from '../support/test-gateway.js';

const SECOND = 1000;

const repeatable = () => ({ code: codeOf('alice'), requestId: freshRequestId() });

describe.each(CACHE_SIZES)('with %i sessions at hand', (cacheSize) => {
  describeWithService('redis', 'a network in trouble before Redis', () => {
    let scene: RedisScene;

    beforeEach(async () => {
      scene = await openRedisScene({ cacheSize });
    });
    afterEach(() => scene.close());

    test('a half-open connection: refused within the deadline, and left for a new one that works', async () => {
      const { proxy, url } = await scene.proxyTo(await scene.redis());
      const gateway = await scene.gateway(url);
      const token = await gateway.tokenFor(codeOf('alice'));
      const outages = gateway.outagesFromNow();
      proxy.blackHole('open');
      expect((await gateway.viewer(token)).code).toBe('SERVICE_UNAVAILABLE');
      expect(openidIn(await gateway.recovered(() => gateway.viewer(token)))).toBe('alice');
      expect(outages()).toEqual(['lost', 'back']);
    });

    test('half-open connections that nothing gets around: refused until the network is back', async () => {
      const { proxy, url } = await scene.proxyTo(await scene.redis());
      const gateway = await scene.gateway(url);
      const token = await gateway.tokenFor(codeOf('alice'));
      const outages = gateway.outagesFromNow();
      proxy.blackHole('all');
      const healAt = performance.now() + rounds(3_300, 10_000);
      while (performance.now() < healAt) {
        expect((await gateway.viewer(token)).code).toBe('SERVICE_UNAVAILABLE');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await proxy.heal();
      expect(openidIn(await gateway.recovered(() => gateway.viewer(token)))).toBe('alice');
      expect(outages()).toEqual(['lost', 'back']);
    });

    test('slow within the deadline: everything works, and each value is written once', async () => {
      const server = await scene.redis();
      const { proxy, url } = await scene.proxyTo(server);
      const gateway = await scene.gateway(url, { config: { loginLimitPerIp: null } });
      const token = await gateway.tokenFor(codeOf('alice'));
      await askRedis(server.url, 'CONFIG', 'RESETSTAT');
      proxy.latency(500, rounds(200, 400));
      const viewers = Array.from({ length: 20 }, () => gateway.viewer(token));
      const logins = ['bob', 'carol', 'dave'].map((openid) => gateway.tokenFor(codeOf(openid)));
      for (const answer of await Promise.all(viewers)) expect(openidIn(answer)).toBe('alice');
      for (const newToken of await Promise.all(logins)) {
        expect(openidIn(await gateway.viewer(newToken))).toMatch(/bob|carol|dave/);
      }
      expect(await commandCalls(server.url, 'set')).toBe(3);
    });

    test('slow beyond the deadline: refused, and a login that was written late is not written twice', async () => {
      const server = await scene.redis();
      const { proxy, url } = await scene.proxyTo(server);
      const gateway = await scene.gateway(url, { config: { loginLimitPerIp: null } });
      const token = await gateway.tokenFor(codeOf('alice'));
      const login = repeatable();
      await askRedis(server.url, 'CONFIG', 'RESETSTAT');
      proxy.latency(1_400);
      const refused = await gateway.login(login.code, login);
      expect([refused.code, refused.body.data]).toEqual(['SERVICE_UNAVAILABLE', null]);
      expect((await gateway.viewer(token)).code).toBe('SERVICE_UNAVAILABLE');
      expect(await commandCalls(server.url, 'set')).toBe(1);

      await proxy.heal();
      const settled = tokenIn(await gateway.recovered(() => gateway.login(login.code, login)));
      expect(openidIn(await gateway.viewer(settled))).toBe('alice');
      expect(openidIn(await gateway.viewer(token))).toBe('alice');
      expect(tokenIn(await gateway.login(login.code, login))).toBe(settled);
      // The late one under a key that nobody was told, and the settled one.
      expect(await commandCalls(server.url, 'set')).toBe(2);
      expect(scene.wechat.calls).toHaveLength(2);
    });

    test('a kilobyte a second in pieces of one byte: slow, and right', async () => {
      const redis = await scene.redis();
      const { proxy, url } = await scene.proxyTo(redis);
      const gateway = await scene.gateway(url, { config: { loginLimitPerIp: null } });
      // Its settings are looked at once, and are some kilobytes.
      while ((await commandCalls(redis.url, 'config\\|get')) === 0) await new Promise(setImmediate);
      proxy.slice(1);
      proxy.bandwidth(1_000);
      const token = await gateway.tokenFor(codeOf('u-alice'));
      expect((await gateway.viewer(token)).body.data.viewer).toMatchObject({
        openid: 'u-alice',
        unionid: 'union-u-alice',
      });
      expect((await gateway.logout(token)).body.data.logout).toEqual({ ended: true });
      expect((await gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
    });

    test('a reset in the middle of a reply: refused, and well again on a new connection', async () => {
      const { proxy, url } = await scene.proxyTo(await scene.redis());
      const gateway = await scene.gateway(url);
      const token = await gateway.tokenFor(codeOf('alice'));
      for (let round = 0; round < rounds(3, 50); round += 1) {
        // Behind what it gets for this read: the gateway asks Redis things of its own, too.
        proxy.resetAfter(40 + round, keyOf(token));
        gateway.clock.advance(SECOND);
        expect((await gateway.viewer(token)).code).toBe('SERVICE_UNAVAILABLE');
        expect(openidIn(await gateway.recovered(() => gateway.viewer(token)))).toBe('alice');
      }
    });

    test('failed over while the connection leads to the old server, now a replica: left for the new one', async () => {
      const [old, successor] = [await scene.redis(), await scene.redis()];
      const { proxy, url } = await scene.proxyTo(old);
      const gateway = await scene.gateway(url);
      const token = await gateway.tokenFor(codeOf('alice'));
      for (const { url } of [old, successor]) {
        await askRedis(url, 'CONFIG', 'SET', 'masterauth', REDIS_PASSWORD);
        await askRedis(url, 'CONFIG', 'SET', 'repl-diskless-sync-delay', '0');
      }
      await askRedis(successor.url, 'REPLICAOF', '127.0.0.1', `${old.port}`);
      while ((await askRedis(successor.url, 'EXISTS', keyOf(token))) !== 1) await new Promise(setImmediate);
      await askRedis(successor.url, 'REPLICAOF', 'NO', 'ONE');
      await askRedis(old.url, 'REPLICAOF', '127.0.0.1', `${successor.port}`);
      proxy.target(successor.port);

      const login = repeatable();
      const stored = tokenIn(await gateway.recovered(() => gateway.login(login.code, login)));
      expect(await askRedis(successor.url, 'EXISTS', keyOf(stored))).toBe(1);
      expect(openidIn(await gateway.viewer(token))).toBe('alice');
      expect(openidIn(await gateway.viewer(stored))).toBe('alice');
    });

    test.each([
      ['LOADING', () => '-LOADING Redis is loading the dataset in memory'],
      ['MOVED', (command: string) => (command === 'PING' ? '+PONG' : '-MOVED 3999 127.0.0.1:6381')],
      ['ERR', () => `-ERR of a kind nobody knows, with ${REDIS_PASSWORD}`],
    ])(
      'a server that answers %s: everything is refused, and well again with one that does not',
      async (kind, refusal) => {
        const server = await scene.redis();
        const refusing = await startRefusingRedis(refusal);
        scene.add(() => refusing.stop());
        const { proxy, url } = await scene.proxyTo(server);
        const gateway = await scene.gateway(url);
        const token = await gateway.tokenFor(codeOf('alice'));
        const outages = gateway.outagesFromNow();
        proxy.target(refusing.port);
        await proxy.refuse();
        await proxy.heal();

        const until = performance.now() + 1_200;
        while (performance.now() < until) {
          for (const answer of [gateway.viewer(token), gateway.login(codeOf('bob')), gateway.logout(token)]) {
            expect((await answer).code).toBe('SERVICE_UNAVAILABLE');
          }
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        proxy.target(server.port);
        await proxy.refuse();
        await proxy.heal();
        expect(tokenIn(await gateway.recovered(() => gateway.login(codeOf('bob'))))).not.toBe('');
        expect((await gateway.logout(token)).body.data.logout.ended).toBe(true);
        // Who answers pings counts as back, and is lost once more when it goes.
        expect(outages()).toEqual(kind === 'MOVED' ? ['lost', 'back', 'lost', 'back'] : ['lost', 'back']);
      },
    );
  });
});
