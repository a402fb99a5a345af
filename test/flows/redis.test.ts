import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { askRedis, startRedis } from '../servers/redis.js';
import { hold } from '../support/faults.js';
import { type Answered, startGatewayProcess } from '../support/processes.js';
import { openidIn, REDIS_PASSWORD, type RedisGateway, startRedisGateway, tokenIn } from '../support/redis-gateway.js';
import { keyOf } from '../support/redis-scene.js';
import { rounds } from '../support/rounds.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, freshRequestId, makeTempDir, type TestGateway } from '../support/test-gateway.js';
import { startTwoProcesses, type TwoProcesses } from '../support/two-processes.js';

const HOUR_MS = 3_600_000;

interface Outage {
  begin(server: LocalServer): Promise<void> | void;
  end(server: LocalServer): Promise<void> | void;
}

const OUTAGES: readonly [name: string, outage: Outage][] = [
  ['killed, and restarted with its append-only file', { begin: (it) => it.kill(), end: (it) => it.restart() }],
  ['stopped, and let go on', { begin: (it) => it.freeze(), end: (it) => it.thaw() }],
  ['killed and restarted at once', { begin: () => undefined, end: (it) => it.restart() }],
];

/** Two people who are logged in and one who logs in again and again, until told to stop. */
function startTraffic(gateway: RedisGateway, tokens: { alice: string; bob: string }) {
  const codes = new Set<string | null>();
  const acknowledged: string[] = [];
  let isOver = false;
  let goodAt = 0;

  async function ask(): Promise<boolean> {
    const login = { code: codeOf('carol'), requestId: freshRequestId() };
    const [alice, bob, carol] = await Promise.all([
      gateway.viewer(tokens.alice),
      gateway.viewer(tokens.bob),
      gateway.login(login.code, login),
    ]);
    for (const answer of [alice, bob, carol]) codes.add(answer.code);
    // A good token is answered with its viewer or with an error, and with nothing in between.
    expect([openidIn(alice), alice.code]).toEqual(alice.code === null ? ['alice', null] : [undefined, alice.code]);
    expect([openidIn(bob), bob.code]).toEqual(bob.code === null ? ['bob', null] : [undefined, bob.code]);
    const token = tokenIn(carol);
    if (token !== '') acknowledged.push(token);
    return [alice, bob, carol].every((answer) => answer.code === null);
  }

  async function goOn(): Promise<void> {
    while (!isOver) {
      const isGood = await ask();
      goodAt = isGood ? performance.now() : 0;
      await sleep(10);
    }
  }

  const going = goOn();
  return {
    codes,
    acknowledged,
    /** Rejects with what it was answered and may not be. */
    ended: going,
    /** Resolves when everybody has been answered well; when that was. */
    wellAt: async (after: number) => {
      while (goodAt < after) await Promise.race([sleep(10), going]);
      return goodAt;
    },
    stop: async () => {
      isOver = true;
      await going;
    },
  };
}

describeWithService('redis', 'a gateway whose sessions are in Redis', () => {
  let wechat: StandInWechat;
  let server: LocalServer;

  beforeEach(async () => {
    wechat = await startStandInWechat();
    server = await startRedis({ appendonly: true, password: REDIS_PASSWORD });
  });

  afterEach(async () => {
    await server.stop();
    await wechat.close();
  });

  test.each(OUTAGES)(
    '%s: nobody is logged out, no login is lost, and all is well within 5 s',
    async (_name, outage) => {
      const gateway = await startRedisGateway(server.url, {
        wechatApiUrl: wechat.url,
        config: { sessionsPerUser: 10_000 },
      });
      try {
        const tokens = { alice: await gateway.tokenFor(codeOf('alice')), bob: await gateway.tokenFor(codeOf('bob')) };
        const traffic = startTraffic(gateway, tokens);
        await traffic.wellAt(1);
        const outages = gateway.outagesFromNow();
        await outage.begin(server);
        await Promise.race([traffic.ended, sleep(rounds(1_500, 10_000))]);
        await outage.end(server);
        const repairedAt = performance.now();
        expect((await traffic.wellAt(repairedAt)) - repairedAt).toBeLessThan(5_000);
        await traffic.stop();

        expect([...traffic.codes].sort()).toEqual(['SERVICE_UNAVAILABLE', null].sort());
        expect(traffic.acknowledged.length).toBeGreaterThan(1);
        for (const token of traffic.acknowledged) expect(openidIn(await gateway.viewer(token))).toBe('carol');
        expect(outages()).toEqual(['lost', 'back']);
      } finally {
        await gateway.close();
      }
    },
  );

  test('its process lives through all of it, from a start without Redis to an orderly end', async () => {
    const dir = makeTempDir();
    await server.kill();
    const env = { WECHAT_API_URL: wechat.url, DATA_DIR: dir.path, SESSION_STORE_URL: server.url };
    const gateway = await startGatewayProcess(env);
    const login = { code: codeOf('alice'), requestId: freshRequestId() };
    const codeIn = ({ body }: Answered): unknown => body.errors?.[0]?.extensions?.code ?? null;

    async function recovered(ask: () => Promise<Answered>): Promise<Answered> {
      const giveUpAt = performance.now() + 5_000;
      for (;;) {
        const answer = await ask();
        if (codeIn(answer) === null || performance.now() > giveUpAt) return answer;
        expect(codeIn(answer)).toBe('SERVICE_UNAVAILABLE');
        await sleep(20);
      }
    }

    try {
      expect(codeIn(await gateway.login(login.code, login.requestId))).toBe('SERVICE_UNAVAILABLE');
      await server.restart();
      const token = (await recovered(() => gateway.login(login.code, login.requestId))).body.data.login.token;
      const viewer = () => gateway.graphql('{ viewer { openid } }', { token });
      for (const [, { begin, end }] of OUTAGES) {
        await begin(server);
        const asked = Array.from({ length: 20 }, () => [viewer(), gateway.login(codeOf('bob'))]);
        for (const answer of await Promise.all(asked.flat()))
          expect([null, 'SERVICE_UNAVAILABLE']).toContain(codeIn(answer));
        await end(server);
        expect((await recovered(viewer)).body.data.viewer.openid).toBe('alice');
      }
      server.freeze();
      expect(await gateway.stop()).toBe(0);
      expect(gateway.output()).not.toMatch(new RegExp(`redis://|:${server.port}|${REDIS_PASSWORD}|UnhandledPromise`));
    } finally {
      await gateway.kill();
      dir.remove();
    }
  });

  test('a logout is not undone by a touch that Redis gets to only after it has slept', async () => {
    const config = { sessionStoreUrl: { kind: 'redis', url: server.url } as const };
    const two: TwoProcesses = await startTwoProcesses({ p1: config, p2: config });
    try {
      await eventually(async () => (await two.p1.running.app.inject({ url: '/readyz' })).statusCode === 200);
      await eventually(async () => (await two.p2.running.app.inject({ url: '/readyz' })).statusCode === 200);
      for (let round = 0; round < rounds(5, 100); round += 1) {
        const token = await two.p1.tokenFor(codeOf('alice'));
        two.clock.advance(2 * HOUR_MS);
        // Each has written SQL, and not yet asked Redis.
        const [touch, mark] = [hold('after'), hold('after')];
        two.p1.sqlFaults.plan('transaction', touch);
        const viewed = two.p1.viewer(token);
        await touch.arrived;
        two.p2.sqlFaults.plan('transaction', 'pass', mark);
        const loggingOut = two.p2.logout(token);
        await mark.arrived;

        server.freeze();
        const isTouchFirst = round % 2 === 1;
        if (isTouchFirst) {
          await sent(two.p1, 'replace', touch.release);
          expect(openidIn(await viewed)).toBe('alice');
        }
        await sent(two.p2, 'delete', mark.release);
        if (!isTouchFirst) await sent(two.p1, 'replace', touch.release);
        server.thaw();

        expect(openidIn(await viewed)).toBe('alice');
        const answer = await loggingOut;
        if (answer.code !== null) await eventually(async () => (await two.p2.logout(token)).code === null);
        for (const process of [two.p1, two.p2]) {
          let refused = await process.viewer(token);
          while (refused.code === 'SERVICE_UNAVAILABLE') refused = await process.viewer(token);
          expect(refused.code).toBe('UNAUTHENTICATED');
        }
      }
    } finally {
      await two.close();
    }
  });

  test('a session that has ended, and that Redis has again without anybody noticing, ends for good when its use is written down', async () => {
    const gateway = await startRedisGateway(server.url, { wechatApiUrl: wechat.url });
    try {
      const [ended, kept] = [await gateway.tokenFor(codeOf('alice')), await gateway.tokenFor(codeOf('bob'))];
      const value = (await askRedis(server.url, 'GET', keyOf(ended))) as string;
      expect((await gateway.logout(ended)).body.data.logout.ended).toBe(true);
      expect((await gateway.viewer(ended)).code).toBe('UNAUTHENTICATED');
      await askRedis(server.url, 'SET', keyOf(ended), value);
      expect(openidIn(await gateway.viewer(ended))).toBe('alice');

      gateway.clock.advance(2 * HOUR_MS);
      expect((await gateway.viewer(ended)).code).toBe('UNAUTHENTICATED');
      expect(await askRedis(server.url, 'EXISTS', keyOf(ended))).toBe(0);
      expect(openidIn(await gateway.viewer(kept))).toBe('bob');
    } finally {
      await gateway.close();
    }
  });
});

/** Resolves when the process has sent this to its session store. */
async function sent({ sessionFaults }: TestGateway, call: string, release: () => void): Promise<void> {
  const count = () => sessionFaults.calls.filter((each) => each === call).length;
  const before = count();
  release();
  await eventually(() => count() > before);
}

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 5_000;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error('it did not happen within 5 s');
    await sleep(5);
  }
}
