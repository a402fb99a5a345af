import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Config } from '../../src/config.js';
import { parseSessionStoreUrl } from '../../src/lib/store-url.js';
import { describeWithService } from '../servers/describe-with-service.js';
import { askRedis, startRedis } from '../servers/redis.js';
import { type RedisCluster, startRedisCluster } from '../servers/redis-cluster.js';
import { CAUSE_CANARY } from '../support/faults.js';
import { keyOf } from '../support/redis-scene.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, freshRequestId, startTestGateway, type TestGateway } from '../support/test-gateway.js';

describeWithService('redis', 'a gateway whose sessions are in a cluster of Redis', () => {
  let cluster: RedisCluster;
  let wechat: StandInWechat;
  let gateways: TestGateway[];

  beforeAll(async () => {
    // Searched for in everything the gateway gives out, as the addresses are.
    cluster = await startRedisCluster({ password: CAUSE_CANARY });
    wechat = await startStandInWechat();
  });
  beforeEach(async () => {
    await Promise.all(cluster.masters.map(({ url }) => askRedis(url, 'FLUSHALL')));
    gateways = [];
  });
  afterEach(async () => {
    for (const gateway of gateways) {
      await gateway.close();
      const log = JSON.stringify(gateway.logLines);
      for (const { port } of cluster.masters) expect(log).not.toContain(`127.0.0.1:${port}`);
    }
  });
  afterAll(async () => {
    await wechat.close();
    await cluster.stop();
  });

  async function start(config: Partial<Config> = {}, url = cluster.url): Promise<TestGateway> {
    const sessionStoreUrl = parseSessionStoreUrl(url);
    if (sessionStoreUrl === null) throw new Error('no URL of a store');
    // Without a cache: what is asked is whether the cluster knows.
    const all = { sessionStoreUrl, sessionCacheSize: 0, ...config };
    const gateway = await startTestGateway({ wechatApiUrl: wechat.url, config: all });
    gateways.push(gateway);
    await eventually(async () => (await gateway.running.app.inject({ url: '/readyz' })).statusCode === 200);
    return gateway;
  }

  test('logs in, knows the viewer, and refuses the token after the logout, on every node', async () => {
    const gateway = await start();
    const used = new Set<number>();
    while (used.size < cluster.masters.length) {
      const requestId = freshRequestId();
      const code = codeOf('alice');
      const token = await gateway.tokenFor(code, { requestId });
      expect(await gateway.tokenFor(code, { requestId })).toBe(token);
      used.add((await cluster.masterOf(keyOf(token))).port);
      expect((await gateway.viewer(token)).body.data.viewer.openid).toBe('alice');
      expect((await gateway.logout(token)).body.data.logout.ended).toBe(true);
      expect((await gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
    }
  });

  test('touches the session that is used, wherever it is', async () => {
    const gateway = await start();
    const tokens = await Promise.all(Array.from({ length: 12 }, () => gateway.tokenFor(codeOf('alice'), {})));
    for (let day = 0; day < 10; day += 1) {
      gateway.clock.advance(86_400_000);
      // The oldest beyond SESSIONS_PER_USER have ended.
      const codes = await Promise.all(tokens.map(async (token) => (await gateway.viewer(token)).code));
      expect(codes.filter((code) => code === null)).toHaveLength(10);
    }
  });

  test('counts logins together with other processes', async () => {
    const limited = { loginLimitPerIp: { count: 3, windowSeconds: 60 } };
    const counting = [await start(limited), await start(limited)];
    const codes = await Promise.all(
      counting.flatMap((gateway) => Array.from({ length: 10 }, async () => (await gateway.login(codeOf('bob'))).code)),
    );
    expect(codes.filter((code) => code === null)).toHaveLength(3);
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(17);
  });

  test('with one node killed: its sessions are not known, those of the others are, and nobody is logged out', async () => {
    const gateway = await start({ sessionsPerUser: 100 });
    const tokens = await Promise.all(Array.from({ length: 30 }, () => gateway.tokenFor(codeOf('alice'))));
    const masters = await Promise.all(tokens.map((token) => cluster.masterOf(keyOf(token))));
    const [lost] = cluster.masters;
    const expected = masters.map((master) => (master === lost ? 'SERVICE_UNAVAILABLE' : null));
    expect(new Set(expected).size).toBe(2);
    await lost?.kill();
    const codes = async () => Promise.all(tokens.map(async (token) => (await gateway.viewer(token)).code));
    const lastOutage = () =>
      gateway.logLines.flatMap(({ msg }) => (/^(?!another).*Redis.* answers?\b/.test(msg) ? [msg] : [])).at(-1);
    await eventually(() => lastOutage() === 'a node of the Redis cluster does not answer');
    expect(await codes()).toEqual(expected);
    expect((await gateway.running.app.inject({ url: '/readyz' })).statusCode).toBe(200);
    // A login that falls on the lost node is refused, and the same again falls on any.
    const login = { code: codeOf('carol'), requestId: freshRequestId() };
    await eventually(async () => (await gateway.login(login.code, { requestId: login.requestId })).code === null);

    await lost?.restart();
    await cluster.well();
    await eventually(() => lastOutage() === 'Redis answers again');
    // It kept nothing on disk; the others have lost nothing.
    expect(await codes()).toEqual(masters.map((master) => (master === lost ? 'UNAUTHENTICATED' : null)));
  });

  test('a Valkey is a Redis by another name', async () => {
    const server = await startRedis({ password: CAUSE_CANARY });
    try {
      const gateway = await start({}, server.url.replace('redis:', 'valkey:'));
      const token = await gateway.tokenFor(codeOf('alice'));
      expect((await gateway.viewer(token)).body.data.viewer.openid).toBe('alice');
      expect(await askRedis(server.url, 'EXISTS', keyOf(token))).toBe(1);
      await gateway.logout(token);
      expect((await gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
      await gateways.pop()?.close();
    } finally {
      await server.stop();
    }
  });
});

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 15_000;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error('it did not happen within 15 s');
    await sleep(10);
  }
}
