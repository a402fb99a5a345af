import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Config } from '../../src/config.js';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { askRedis, startRedis } from '../servers/redis.js';
import { startOwnTime } from '../support/own-time.js';
import { startGatewayProcess } from '../support/processes.js';
import { type RedisGateway, startRedisGateway } from '../support/redis-gateway.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { type Answer, codeOf, freshRequestId, makeTempDir } from '../support/test-gateway.js';

const THREE_A_MINUTE = { count: 3, windowSeconds: 60 };
/** Every login here comes from this machine. */
const COUNTER = 'menjin:limit:ip:127.0.0.1';

describeWithService('redis', 'limits of logins counted in Redis', () => {
  let server: LocalServer;
  let wechat: StandInWechat;
  let gateways: RedisGateway[];

  beforeAll(async () => {
    [server, wechat] = await Promise.all([startRedis(), startStandInWechat()]);
  });
  beforeEach(async () => {
    await askRedis(server.url, 'FLUSHALL');
    wechat.calls.length = 0;
    gateways = [];
  });
  afterEach(async () => {
    for (const gateway of gateways) await gateway.close();
  });
  afterAll(async () => {
    await wechat.close();
    await server.stop();
  });

  /** One process of several, with users of its own. */
  async function start(config: Partial<Config> = {}): Promise<RedisGateway> {
    const options = { wechatApiUrl: wechat.url, config: { loginLimitPerIp: THREE_A_MINUTE, ...config } };
    const gateway = await startRedisGateway(server.url, options);
    gateways.push(gateway);
    return gateway;
  }

  async function logIn(gateway: RedisGateway): Promise<string | null> {
    return (await gateway.login(codeOf('alice'))).code;
  }

  async function logInTimes(times: number, gateway: RedisGateway): Promise<(string | null)[]> {
    const codes: (string | null)[] = [];
    for (let index = 0; index < times; index += 1) codes.push(await logIn(gateway));
    return codes;
  }

  test('hold for two processes together: the next login is RATE_LIMITED in both, and nobody is asked', async () => {
    const [one, other] = [await start(), await start()];
    expect([await logIn(one), await logIn(other), await logIn(one)]).toEqual([null, null, null]);
    for (const gateway of [one, other]) {
      const answer = await gateway.login(codeOf('alice'));
      expect([answer.status, answer.code]).toEqual([429, 'RATE_LIMITED']);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(50);
    }
    expect(wechat.calls).toHaveLength(3);
  });

  test('hold for two processes of the system that share a file and a Redis', async () => {
    const dir = makeTempDir();
    const env = {
      WECHAT_API_URL: wechat.url,
      DATA_DIR: dir.path,
      SESSION_STORE_URL: server.url,
      LOGIN_LIMIT_PER_IP: '3/1m',
    };
    const [one, other] = await Promise.all([startGatewayProcess(env), startGatewayProcess(env)]);
    const token = (await one.login(codeOf('alice'))).body.data.login.token;
    expect((await other.graphql('{ viewer { openid } }', { token })).body.data.viewer.openid).toBe('alice');
    const turns = [other, one, other, one];
    const statuses: number[] = [];
    for (const process of turns) statuses.push((await process.login(codeOf('bob'))).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
    expect(wechat.calls).toHaveLength(3);
    expect(await Promise.all([one.stop(), other.stop()])).toEqual([0, 0]);
    dir.remove();
  });

  test('let exactly as many through of those that come to two processes at once', async () => {
    const both = [await start(), await start()];
    const codes = await Promise.all(both.flatMap((gateway) => Array.from({ length: 15 }, () => logIn(gateway))));
    expect(codes.filter((code) => code === null)).toHaveLength(3);
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(27);
    expect(wechat.calls).toHaveLength(3);
  });

  test('hold for an app over two processes', async () => {
    const config = { loginLimitPerIp: null, loginLimitPerApp: { count: 2, windowSeconds: 60 } };
    const [one, other] = [await start(config), await start(config)];
    expect([await logIn(one), await logIn(other), await logIn(one)]).toEqual([null, null, 'RATE_LIMITED']);
  });

  test('end when Redis says so', async () => {
    const gateway = await start();
    await logInTimes(3, gateway);
    await askRedis(server.url, 'PEXPIRE', COUNTER, '5000');
    const answer = await gateway.login(codeOf('alice'));
    expect(answer.code).toBe('RATE_LIMITED');
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(5);
    await askRedis(server.url, 'DEL', COUNTER);
    expect(await logIn(gateway)).toBeNull();
  });

  test('keep one counter per address, and it always has an end', async () => {
    const gateway = await start();
    await askRedis(server.url, 'SET', COUNTER, '1');
    expect(await logInTimes(3, gateway)).toEqual([null, null, 'RATE_LIMITED']);
    const leftMs = Number(await askRedis(server.url, 'PTTL', COUNTER));
    expect(leftMs).toBeGreaterThan(50_000);
    expect(leftMs).toBeLessThanOrEqual(60_000);
    expect(await askRedis(server.url, 'KEYS', 'menjin:limit:*')).toEqual([COUNTER]);
  });

  test.each([
    ['a list', ['LPUSH', COUNTER, 'something']],
    ['a text that is no number', ['SET', COUNTER, 'something']],
    ['the largest number', ['SET', COUNTER, '9223372036854775807']],
  ])('go by memory where the counter is %s', async (_, command) => {
    const gateway = await start();
    await askRedis(server.url, ...command);
    expect(await logInTimes(4, gateway)).toEqual([null, null, null, 'RATE_LIMITED']);
    expect(wechat.calls).toHaveLength(3);
  });

  describe('when Redis does not answer', () => {
    afterEach(async () => {
      await server.restart();
    });

    /** Too few are refused by the store, all others by the limit: and nobody was asked. */
    function expectLimited(codes: readonly (string | null)[]): void {
      const sorted = [...codes].sort();
      const limited = Array(codes.length - 3).fill('RATE_LIMITED');
      expect(sorted).toEqual([...limited, ...Array(3).fill('SERVICE_UNAVAILABLE')]);
      expect(wechat.calls).toEqual([]);
    }

    test('count in memory once it is killed: no login is stored, no code is spent, and beyond the limit 429', async () => {
      const gateway = await start();
      await server.kill();
      expectLimited(await logInTimes(6, gateway));
    });

    test('count in memory while it is frozen, and make nobody wait longer than 2 s', async () => {
      const gateway = await start();
      server.freeze();
      const took = startOwnTime();
      const codes = await Promise.all(Array.from({ length: 20 }, () => logIn(gateway)));
      expect(took()).toBeLessThan(2000);
      expectLimited(codes);
    });

    test('wait for it once, not for each limit', async () => {
      const gateway = await start({ loginLimitPerApp: THREE_A_MINUTE });
      server.freeze();
      const took = startOwnTime();
      expect(await logIn(gateway)).toBe('SERVICE_UNAVAILABLE');
      expect(took()).toBeLessThan(2000);
      expectLimited(['SERVICE_UNAVAILABLE', ...(await logInTimes(4, gateway))]);
    });

    test.each([
      ['killed', () => server.kill(), () => server.restart()],
      ['frozen', async () => server.freeze(), async () => server.thaw()],
    ])('count there again when it is back from being %s, and the login it refused works', async (_, fail, repair) => {
      const roomy = { loginLimitPerIp: { count: 1000, windowSeconds: 60 } };
      const [one, other] = [await start(roomy), await start(roomy)];
      const code = codeOf('alice');
      const requestId = freshRequestId();
      const again = (): Promise<Answer> => one.login(code, { requestId });
      await fail();
      expect((await again()).code).toBe('SERVICE_UNAVAILABLE');
      await repair();
      expect((await one.recovered(again)).code).toBeNull();
      await other.recovered(() => other.login(codeOf('alice')));
      await askRedis(server.url, 'DEL', COUNTER);
      for (const gateway of [one, other, one]) expect(await logIn(gateway)).toBeNull();
      expect(await askRedis(server.url, 'GET', COUNTER)).toBe('3');
    });
  });
});
