import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { askRedis } from '../servers/redis.js';
import { createFaults, type Faults, faultySessionStore, hold } from '../support/faults.js';
import { startGatewayProcess } from '../support/processes.js';
import { openidIn, type RedisGateway, startRedisGateway } from '../support/redis-gateway.js';
import { keyOf, openRedisScene, type RedisScene } from '../support/redis-scene.js';
import { codeOf, makeTempDir, type TempDir } from '../support/test-gateway.js';

describeWithService('redis', 'a Redis that comes back from its last snapshot', () => {
  let scene: RedisScene;
  let dir: TempDir;
  let server: LocalServer;

  beforeEach(async () => {
    scene = await openRedisScene();
    dir = makeTempDir();
    server = await scene.redis();
  });
  afterEach(async () => {
    await scene.close();
    dir.remove();
  });

  async function gateway(faults: Faults = createFaults()): Promise<RedisGateway> {
    const databaseUrl = { kind: 'sqlite', path: join(dir.path, 'menjin.db') } as const;
    const started = await startRedisGateway(server.url, {
      wechatApiUrl: scene.wechat.url,
      config: { databaseUrl },
      seams: { now: Date.now, wrapSessionStore: faultySessionStore(faults) },
    });
    scene.add(() => started.close());
    return started;
  }

  const isThere = async (token: string) => (await askRedis(server.url, 'EXISTS', keyOf(token))) === 1;

  async function gone(token: string): Promise<void> {
    const giveUpAt = performance.now() + 10_000;
    while (await isThere(token)) {
      if (performance.now() > giveUpAt) throw new Error('it was not deleted again within 10 s');
      await sleep(10);
    }
  }

  test('together with the gateways, all killed: what ended since is refused from the first answer', async () => {
    const killed = await startGatewayProcess({
      WECHAT_API_URL: scene.wechat.url,
      DATA_DIR: dir.path,
      SESSION_STORE_URL: server.url,
    });
    const logIn = async () => {
      for (;;) {
        const { body } = await killed.login(codeOf('alice'));
        if (body.data !== null) return body.data.login.token as string;
      }
    };
    const [ended, kept] = [await logIn(), await logIn()];
    await askRedis(server.url, 'SAVE');
    const { body } = await killed.graphql('mutation { logout { ended } }', { token: ended });
    expect(body.data.logout.ended).toBe(true);
    await killed.kill();
    await server.kill();
    await server.restart();
    expect([await isThere(ended), await isThere(kept)]).toEqual([true, true]);

    const [deletion, faults] = [hold('before'), createFaults()];
    faults.plan('deleteAll', deletion);
    const restarted = await gateway(faults);
    await deletion.arrived;
    expect((await restarted.viewer(ended)).code).toBe('UNAUTHENTICATED');
    expect(openidIn(await restarted.viewer(kept))).toBe('alice');
    restarted.sqlFaults.plan('query', 'fail before');
    expect((await restarted.viewer(kept)).code).toBe('SERVICE_UNAVAILABLE');

    deletion.release();
    await gone(ended);
    // Nothing is in doubt any more: a request reads the store and nothing else.
    while (restarted.sqlFaults.calls.length > 0) {
      restarted.sqlFaults.calls.length = 0;
      expect(openidIn(await restarted.viewer(kept))).toBe('alice');
    }
    expect((await restarted.viewer(ended)).code).toBe('UNAUTHENTICATED');
  });

  test('while the gateway runs: what ended since is deleted again, each time', async () => {
    const running = await gateway();
    const ended = await running.tokenFor(codeOf('alice'));
    const kept = await running.tokenFor(codeOf('alice'));
    await askRedis(server.url, 'SAVE');
    expect((await running.logout(ended)).body.data.logout.ended).toBe(true);
    for (let times = 0; times < 2; times += 1) {
      await server.kill();
      await server.restart();
      expect(openidIn(await running.recovered(() => running.viewer(kept)))).toBe('alice');
      await gone(ended);
      expect((await running.viewer(ended)).code).toBe('UNAUTHENTICATED');
    }
  });
});
