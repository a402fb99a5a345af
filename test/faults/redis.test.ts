import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { describeWithService } from '../servers/describe-with-service.js';
import { askRedis, commandCalls } from '../servers/redis.js';
import { startOwnTime } from '../support/own-time.js';
import { openidIn, REDIS_PASSWORD, type RedisGateway, tokenIn } from '../support/redis-gateway.js';
import { CACHE_SIZES, keyOf, openRedisScene, type RedisScene } from '../support/redis-scene.js';
import { rounds } from '../support/rounds.js';
import { hold } from '../support/stand-in-wechat.js';
import { codeOf, freshRequestId } from '../support/test-gateway.js';

const HOUR_MS = 3_600_000;

const repeatable = () => ({ code: codeOf('alice'), requestId: freshRequestId() });
const alarmsOf = (gateway: RedisGateway) => gateway.logLines.map((line) => line.alarm).filter(Boolean);

describe.each(CACHE_SIZES)('with %i sessions at hand', (cacheSize) => {
  describeWithService('redis', 'a Redis in trouble', () => {
    let scene: RedisScene;

    beforeEach(async () => {
      scene = await openRedisScene({ cacheSize });
    });
    afterEach(() => scene.close());

    test('down at start: the gateway starts and is not ready, spends no code, and gets well by itself', async () => {
      const server = await scene.redis();
      await server.kill();
      const gateway = await scene.gateway(server.url, { waits: false });
      const login = repeatable();

      expect(await gateway.readyStatus()).toBe(503);
      const refused = await gateway.login(login.code, login);
      expect([refused.status, refused.code, refused.headers['retry-after']]).toEqual([503, 'SERVICE_UNAVAILABLE', '1']);
      expect((await gateway.viewer(`mj_${'a'.repeat(43)}`)).code).toBe('SERVICE_UNAVAILABLE');
      expect(await gateway.viewer(null)).toMatchObject({ code: null, body: { data: { viewer: null } } });
      expect(scene.wechat.calls).toHaveLength(0);

      await server.restart();
      const token = tokenIn(await gateway.recovered(() => gateway.login(login.code, login)));
      expect(openidIn(await gateway.viewer(token))).toBe('alice');
      expect(await gateway.readyStatus()).toBe(200);
      expect(scene.wechat.calls).toHaveLength(1);
      expect(gateway.outages()).toEqual(['lost', 'back']);
    });

    test('killed between exchange and set: the login is not acknowledged, and the same again settles it', async () => {
      const server = await scene.redis();
      const gateway = await scene.gateway(server.url);
      const upstream = hold(2);
      scene.wechat.behaviour = upstream.behaviour;
      const login = repeatable();
      const codeOnly = codeOf('bob');
      const logins = [gateway.login(login.code, login), gateway.login(codeOnly)];
      await upstream.arrived;
      await server.kill();
      upstream.release();
      for (const answer of await Promise.all(logins)) {
        expect([answer.code, answer.body.data]).toEqual(['SERVICE_UNAVAILABLE', null]);
      }

      await server.restart();
      const token = tokenIn(await gateway.recovered(() => gateway.login(login.code, login)));
      expect(openidIn(await gateway.viewer(token))).toBe('alice');
      expect((await gateway.login(codeOnly)).code).toBe('CODE_INVALID');
      expect(await askRedis(server.url, 'KEYS', 'menjin:session:*')).toEqual([keyOf(token)]);
    });

    test('killed after a login was acknowledged, and restarted with its append-only file: the session is there', async () => {
      const server = await scene.redis({ appendonly: true });
      const gateway = await scene.gateway(server.url);
      const tokens = await Promise.all(Array.from({ length: 20 }, (_, n) => gateway.tokenFor(codeOf(`user-${n}`))));
      await server.kill();
      await server.restart();
      for (const [n, token] of tokens.entries()) {
        expect(openidIn(await gateway.recovered(() => gateway.viewer(token)))).toBe(`user-${n}`);
      }
    });

    test('restarted empty: its sessions are over, nothing else is, and one alarm says so', async () => {
      const server = await scene.redis();
      const gateway = await scene.gateway(server.url, { config: { loginLimitPerIp: null } });
      const tokens = await Promise.all(Array.from({ length: 60 }, (_, n) => gateway.tokenFor(codeOf(`user-${n}`))));
      const loggedOut = tokens.pop() ?? '';
      expect((await gateway.logout(loggedOut)).body.data.logout).toEqual({ ended: true });
      await server.kill();
      await server.restart();
      await gateway.recovered(() => gateway.login(codeOf('new')));

      for (const token of [...tokens, loggedOut]) expect((await gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
      expect(openidIn(await gateway.viewer(await gateway.tokenFor(codeOf('user-1'))))).toBe('user-1');
      expect(alarmsOf(gateway)).toEqual(['many tokens name no session']);
    });

    test('stopped like a black hole: refused within the deadline, then at once, and well again without a pile-up', async () => {
      const server = await scene.redis();
      const gateway = await scene.gateway(server.url);
      const token = await gateway.tokenFor(codeOf('alice'));
      const spent = scene.wechat.calls.length;
      const outages = gateway.outagesFromNow();
      server.freeze();
      const first = await Promise.all(Array.from({ length: 20 }, () => gateway.viewer(token)));
      expect(new Set(first.map((answer) => answer.code))).toEqual(new Set(['SERVICE_UNAVAILABLE']));

      const thawAt = performance.now() + rounds(3_300, 10_000);
      for (let asked = 0; performance.now() < thawAt; asked += 1) {
        const took = startOwnTime();
        const answers = [gateway.viewer(token), gateway.login(codeOf('bob')), gateway.logout(token)];
        const codes = (await Promise.all(answers)).map((answer) => answer.code);
        expect(codes).toEqual(Array(3).fill('SERVICE_UNAVAILABLE'));
        const tookMs = took();
        if (asked === 0) expect(tookMs).toBeLessThan(300);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(scene.wechat.calls).toHaveLength(spent);
      // It was ready once: a blink takes no process out of the balancer.
      expect(await gateway.readyStatus()).toBe(200);

      server.thaw();
      expect(tokenIn(await gateway.recovered(() => gateway.login(codeOf('bob'))))).not.toBe('');
      // At most the first ones, and one try for each connection since.
      expect(await commandCalls(server.url, 'get')).toBeLessThan(40);
      expect(outages()).toEqual(['lost', 'back']);
    });

    test('out of memory: a login is refused, reads and logout work, and logins again when there is room', async () => {
      const server = await scene.redis({ maxmemory: '4mb' });
      const gateway = await scene.gateway(server.url);
      const [token, other] = [await gateway.tokenFor(codeOf('alice')), await gateway.tokenFor(codeOf('bob'))];
      await askRedis(server.url, 'EVAL', "return redis.call('SET', 'other', string.rep('x', 5000000))", '0');
      await expect(askRedis(server.url, 'SET', 'more', 'x')).rejects.toThrow(/OOM/);

      // So that the read wants to write its use down.
      gateway.clock.advance(2 * HOUR_MS);
      const login = repeatable();
      const refused = await gateway.login(login.code, login);
      expect([refused.code, refused.body.data]).toEqual(['SERVICE_UNAVAILABLE', null]);
      expect(openidIn(await gateway.viewer(token))).toBe('alice');
      expect((await gateway.logout(other)).body.data.logout).toEqual({ ended: true });
      expect((await gateway.viewer(other)).code).toBe('UNAUTHENTICATED');

      await askRedis(server.url, 'DEL', 'other');
      const stored = tokenIn(await gateway.recovered(() => gateway.login(login.code, login)));
      expect(openidIn(await gateway.viewer(stored))).toBe('alice');
    });

    test('turned into a read-only replica: reads work, writes are refused, and all is well when it is not one any more', async () => {
      const server = await scene.redis();
      const gateway = await scene.gateway(server.url);
      const token = await gateway.tokenFor(codeOf('alice'));
      const login = repeatable();
      await askRedis(server.url, 'REPLICAOF', '127.0.0.1', '1');

      expect(openidIn(await gateway.viewer(token))).toBe('alice');
      expect((await gateway.login(login.code, login)).code).toBe('SERVICE_UNAVAILABLE');
      expect(openidIn(await gateway.recovered(() => gateway.viewer(token)))).toBe('alice');
      expect((await gateway.logout(token)).code).toBe('SERVICE_UNAVAILABLE');

      await askRedis(server.url, 'REPLICAOF', 'NO', 'ONE');
      expect((await gateway.recovered(() => gateway.logout(token))).body.data.logout).toEqual({ ended: true });
      expect((await gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
      const settled = tokenIn(await gateway.recovered(() => gateway.login(login.code, login)));
      expect(openidIn(await gateway.viewer(settled))).toBe('alice');
    });

    test.each<[what: string, spoil: (url: string, key: string) => Promise<unknown>]>([
      [
        'a value of another type',
        async (url, key) => {
          await askRedis(url, 'DEL', key);
          await askRedis(url, 'LPUSH', key, 'something');
        },
      ],
      ['JSON that is none', (url, key) => askRedis(url, 'SET', key, '{"value":{')],
      ['a value that was cut short', (url, key) => askRedis(url, 'SETRANGE', key, '60', '\0')],
      ["another program's value", (url, key) => askRedis(url, 'SET', key, '{"value":{"openid":"mallory","v":1}}')],
    ])('under our key, %s: no session, an alarm, and left there to be looked at', async (_what, spoil) => {
      const server = await scene.redis();
      const gateway = await scene.gateway(server.url);
      const [token, other] = [await gateway.tokenFor(codeOf('alice')), await gateway.tokenFor(codeOf('bob'))];
      await spoil(server.url, keyOf(token));

      const refused = await gateway.viewer(token);
      expect([refused.status, refused.code]).toEqual([401, 'UNAUTHENTICATED']);
      expect(alarmsOf(gateway)).toEqual(['corrupt session value']);
      expect(await askRedis(server.url, 'EXISTS', keyOf(token))).toBe(1);
      expect(openidIn(await gateway.viewer(other))).toBe('bob');
      expect(openidIn(await gateway.viewer(await gateway.tokenFor(codeOf('alice'))))).toBe('alice');
      expect((await gateway.logout(token)).code).toBeNull();
      expect(await askRedis(server.url, 'EXISTS', keyOf(token))).toBe(0);
    });

    test.each([
      ['no password', ''],
      ['a wrong password', `:wrong-${REDIS_PASSWORD}@`],
    ])('%s: the gateway starts, is not ready, and refuses; nothing tells the password', async (_what, userinfo) => {
      const server = await scene.redis();
      const gateway = await scene.gateway(`redis://${userinfo}127.0.0.1:${server.port}`, { waits: false });
      for (const until = performance.now() + 1_200; performance.now() < until; ) {
        expect(await gateway.readyStatus()).toBe(503);
        expect((await gateway.login(codeOf('alice'))).code).toBe('SERVICE_UNAVAILABLE');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(scene.wechat.calls).toHaveLength(0);
      expect(gateway.outages()).toEqual(['lost']);
      await askRedis(server.url, 'CONFIG', 'SET', 'requirepass', userinfo.slice(1, -1));
      await gateway.recovered(() => gateway.login(codeOf('alice')));
      expect(await gateway.readyStatus()).toBe(200);
      expect(gateway.outages()).toEqual(['lost', 'back']);
    });

    test('a password that is changed while the gateway runs: refused until both agree again', async () => {
      const server = await scene.redis();
      const gateway = await scene.gateway(server.url);
      const token = await gateway.tokenFor(codeOf('alice'));
      const url = server.url.replace(REDIS_PASSWORD, 'rotated');
      const outages = gateway.outagesFromNow();
      await askRedis(server.url, 'CONFIG', 'SET', 'requirepass', 'rotated');
      await askRedis(url, 'CLIENT', 'KILL', 'TYPE', 'normal');
      for (const until = performance.now() + 1_000; performance.now() < until; ) {
        expect((await gateway.viewer(token)).code).toBe('SERVICE_UNAVAILABLE');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await askRedis(url, 'CONFIG', 'SET', 'requirepass', REDIS_PASSWORD);
      expect(openidIn(await gateway.recovered(() => gateway.viewer(token)))).toBe('alice');
      expect(outages()).toEqual(['lost', 'back']);
    });

    test('shared with many keys of others: no request looks through them', async () => {
      const server = await scene.redis();
      const populate = "for i = 1, ARGV[1] do redis.call('SET', 'other:' .. i, 'x') end";
      await askRedis(server.url, 'EVAL', populate, '0', `${rounds(10_000, 1_000_000)}`);
      const gateway = await scene.gateway(server.url);
      await askRedis(server.url, 'CONFIG', 'RESETSTAT');

      const token = await gateway.tokenFor(codeOf('alice'));
      gateway.clock.advance(2 * HOUR_MS);
      expect(openidIn(await gateway.viewer(token))).toBe('alice');
      expect(gateway.sessionFaults.calls).toContain('replace');
      expect(await gateway.readyStatus()).toBe(200);
      expect((await gateway.logout(token)).body.data.logout.ended).toBe(true);

      const stats = String(await askRedis(server.url, 'INFO', 'commandstats'));
      expect(stats).toMatch(/cmdstat_get:/);
      expect(stats).not.toMatch(/cmdstat_(keys|scan|hscan|sscan|zscan|flushdb|flushall|dbsize|randomkey|sort)/);
      expect(Number(await askRedis(server.url, 'DBSIZE'))).toBeGreaterThanOrEqual(rounds(10_000, 1_000_000));
    });

    test('a logout while it is down: an error, never an answer; the same again settles it', async () => {
      const server = await scene.redis({ appendonly: true });
      const gateway = await scene.gateway(server.url);
      const token = await gateway.tokenFor(codeOf('alice'));
      await server.kill();
      for (let again = 0; again < 3; again += 1) {
        const refused = await gateway.logout(token);
        expect([refused.status, refused.code, refused.body.data]).toEqual([503, 'SERVICE_UNAVAILABLE', null]);
      }
      await server.restart();
      expect((await gateway.recovered(() => gateway.logout(token))).body.data.logout).toEqual({ ended: true });
      expect((await gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
      expect(await askRedis(server.url, 'EXISTS', keyOf(token))).toBe(0);
    });
  });
});
