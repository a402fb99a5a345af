import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { askRedis } from '../servers/redis.js';
import { openidIn, type RedisGateway, startRedisGateway } from '../support/redis-gateway.js';
import { keyOf, openRedisScene, type RedisScene } from '../support/redis-scene.js';
import { codeOf, createTestClock, makeTempDir, type TempDir, type TestClock } from '../support/test-gateway.js';

const SECOND = 1000;

describeWithService('redis', 'processes that keep sessions of one Redis at hand', () => {
  let scene: RedisScene;
  let dir: TempDir;
  let server: LocalServer;
  // It stands still unless a test moves it: what one of them keeps goes only when it is told.
  let clock: TestClock;

  beforeEach(async () => {
    scene = await openRedisScene();
    dir = makeTempDir();
    clock = createTestClock();
    server = await scene.redis({ appendonly: true });
  });
  afterEach(async () => {
    await scene.close();
    dir.remove();
  });

  async function gateway(url = server.url): Promise<RedisGateway> {
    const databaseUrl = { kind: 'sqlite', path: join(dir.path, 'menjin.db') } as const;
    const config = { databaseUrl, sessionCacheSize: 1000, sessionsPerUser: 100 };
    const started = await startRedisGateway(url, { wechatApiUrl: scene.wechat.url, config, clock });
    scene.add(() => started.close());
    return started;
  }

  async function two(): Promise<[RedisGateway, RedisGateway]> {
    const both: [RedisGateway, RedisGateway] = [await gateway(), await gateway()];
    await listening(2);
    return both;
  }

  async function listening(count: number): Promise<void> {
    await eventually(async () => {
      const [, subscribers] = (await askRedis(server.url, 'PUBSUB', 'NUMSUB', 'menjin:ended')) as [string, number];
      return subscribers === count;
    });
  }

  async function answers(asked: RedisGateway, token: string): Promise<unknown> {
    const answer = await asked.viewer(token);
    return answer.code ?? openidIn(answer);
  }

  async function isRefused(asked: RedisGateway, token: string): Promise<void> {
    await eventually(async () => (await answers(asked, token)) === 'UNAUTHENTICATED');
  }

  test('refuse what has ended in another without waiting for the second to pass', async () => {
    const [p1, p2] = await two();
    for (let round = 0; round < 5; round += 1) {
      const token = await p1.tokenFor(codeOf('alice'));
      expect([await answers(p1, token), await answers(p2, token)]).toEqual(['alice', 'alice']);
      await p1.logout(token);
      expect(await answers(p1, token)).toBe('UNAUTHENTICATED');
      await isRefused(p2, token);
    }
  });

  test('hear of it again when the connection was lost on which they are told', async () => {
    const [p1, p2] = await two();
    await askRedis(server.url, 'CLIENT', 'KILL', 'TYPE', 'pubsub');
    await listening(2);
    const token = await p1.tokenFor(codeOf('alice'));
    expect(await answers(p2, token)).toBe('alice');
    await p1.logout(token);
    await isRefused(p2, token);
  });

  test('refuse it within a second where nobody may tell them, and say once that they may not be told', async () => {
    await askRedis(server.url, 'ACL', 'SETUSER', 'default', 'resetchannels');
    const [p1, p2] = [await gateway(), await gateway()];
    for (let round = 0; round < 3; round += 1) {
      const token = await p1.tokenFor(codeOf('alice'));
      expect(await answers(p2, token)).toBe('alice');
      expect((await p1.logout(token)).body.data.logout.ended).toBe(true);
      expect(await answers(p1, token)).toBe('UNAUTHENTICATED');
      clock.advance(SECOND);
      expect(await answers(p2, token)).toBe('UNAUTHENTICATED');
    }
    for (const each of [p1, p2]) {
      const refusals = () => each.logLines.filter((line) => line.causeCode === 'NOPERM');
      await eventually(() => refusals().length === 1);
      expect(each.outages()).toEqual([]);
    }
  });

  test('lose nobody when it stops answering: good for a second, then not known, and good again', async () => {
    const p1 = await gateway();
    const token = await p1.tokenFor(codeOf('alice'));
    const other = await p1.tokenFor(codeOf('alice'));
    expect(await answers(p1, token)).toBe('alice');
    await server.kill();
    clock.advance(SECOND - 1);
    expect(await answers(p1, token)).toBe('alice');
    clock.advance(1);
    expect(await answers(p1, token)).toBe('SERVICE_UNAVAILABLE');
    expect((await p1.logout(other)).code).toBe('SERVICE_UNAVAILABLE');
    await server.restart();
    expect(openidIn(await p1.recovered(() => p1.viewer(token)))).toBe('alice');
  });

  test('refuse, after a second, what a Redis that was restarted empty has lost, and one alarm says so', async () => {
    const empty = await scene.redis();
    const p1 = await gateway(empty.url);
    const tokens: string[] = [];
    for (let n = 0; n < 60; n += 1) tokens.push(await p1.tokenFor(codeOf(`user-${n}`)));
    const [kept = ''] = tokens;
    expect(await answers(p1, kept)).toBe('user-0');
    await empty.restart();
    await p1.recovered(() => p1.login(codeOf('new')));
    expect(await answers(p1, kept)).toBe('user-0');
    clock.advance(SECOND);
    for (const token of tokens) expect(await answers(p1, token)).toBe('UNAUTHENTICATED');
    expect(await answers(p1, await p1.tokenFor(codeOf('user-1')))).toBe('user-1');
    expect(p1.logLines.map((line) => line.alarm).filter(Boolean)).toEqual(['many tokens name no session']);
  });

  test('refuse, after a second, what is no session of ours any more', async () => {
    const p1 = await gateway();
    const [token, other] = [await p1.tokenFor(codeOf('alice')), await p1.tokenFor(codeOf('bob'))];
    expect([await answers(p1, token), await answers(p1, other)]).toEqual(['alice', 'bob']);
    await askRedis(server.url, 'SET', keyOf(token), '{"value":{');
    clock.advance(SECOND);
    expect([await answers(p1, token), await answers(p1, other)]).toEqual(['UNAUTHENTICATED', 'bob']);
    expect(p1.logLines.map((line) => line.alarm).filter(Boolean)).toEqual(['corrupt session value']);
  });
});

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error('it did not happen within 10 s');
    await sleep(10);
  }
}
