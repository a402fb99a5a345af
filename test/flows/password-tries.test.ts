import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { startRedis } from '../servers/redis.js';
import {
  type AccountScene,
  OTHER_APPID,
  OTHER_PASSWORD,
  openAccountScene,
  PASSWORD,
  passwordsOf,
  refusalIn,
  TWO_TENANTS,
} from '../support/accounts.js';
import { createFastHasher } from '../support/fast-hasher.js';
import { deferred } from '../support/faults.js';
import { openSqliteStores } from '../support/shared-stores.js';
import { startStandInWechat } from '../support/stand-in-wechat.js';
import { type Answer, APPID, codeOf, startTestGateway, type TestGateway } from '../support/test-gateway.js';

const WRONG = { password: OTHER_PASSWORD };
const sessionsIn = ({ url }: LocalServer) => ({ sessionStoreUrl: { kind: 'redis', url } as const });
const reasonIn = (answer: Answer) => answer.body.errors[0].extensions.reason;

describe('a password that is typed', () => {
  let gateway: TestGateway;
  let stores: AccountScene['stores'];
  let hasher: AccountScene['hasher'];
  let wechat: AccountScene['wechat'];
  let join: AccountScene['join'];
  let registered: AccountScene['registered'];
  let userOf: AccountScene['userOf'];
  let scene: AccountScene;

  beforeEach(async () => {
    scene = await openAccountScene(openSqliteStores);
    ({ gateway, stores, hasher, wechat, join, registered, userOf } = scene);
  });
  afterEach(() => scene.close());

  test('names the account of a viewer only', async () => {
    expect((await passwordsOf(gateway).register('', 'alice')).code).toBe('UNAUTHENTICATED');
  });

  test('is refused by its reason where it is weak, and a username where it is none; neither is repeated', async () => {
    const token = await gateway.tokenFor(codeOf('alice'));
    const { register } = passwordsOf(gateway);
    const odd = await register(token, 'CANARY name with spaces');
    expect([odd.status, odd.code]).toEqual([400, 'BAD_USER_INPUT']);
    for (const [password, reason] of [
      ['CANARY7', 'TOO_SHORT'],
      [`CANARY${'x'.repeat(1019)}`, 'TOO_LONG'],
      ['Password1', 'COMMON'],
      ['Alice2024', 'COMMON'],
    ] as const) {
      const answer = await register(token, 'alice2024', password);
      expect([answer.status, answer.code, reasonIn(answer)]).toEqual([200, 'WEAK_PASSWORD', reason]);
    }
    expect([await stores.ask('SELECT username FROM users WHERE username IS NOT NULL'), hasher.calls]).toEqual([
      [],
      { hash: 0, verify: 0 },
    ]);
  });

  test('is not repeated where it was sent in a wrong form', async () => {
    const token = await gateway.tokenFor(codeOf('alice'));
    (gateway.secrets as Set<string>).add(PASSWORD);
    const query = 'mutation Register($input: RegisterInput!) { register(input: $input) { viewer { openid } } }';
    const answer = await gateway.graphql(query, {
      token,
      variables: { input: { username: 'alice', password: [{ typed: PASSWORD }] } },
    });
    expect(answer.code).toBe('BAD_USER_INPUT');
  });

  test('again to register is counted like a login: else the answer would tell passwords', async () => {
    const { token } = await registered();
    const { register } = passwordsOf(gateway);
    const codes: unknown[] = [];
    for (let n = 0; n < 7; n += 1) codes.push((await register(token, 'alice', `CANARY guess ${n}`)).code);
    expect(codes).toEqual([...Array(5).fill('FORBIDDEN'), 'RATE_LIMITED', 'RATE_LIMITED']);
  });

  test('is not looked at while the rest of a login is not in order', async () => {
    const { logIn } = passwordsOf(gateway);
    for (const input of [{ code: 'no code' }, { requestId: 'short' }, { username: 'a b' }]) {
      expect((await logIn('alice', input)).code).toBe('BAD_USER_INPUT');
    }
    expect((await logIn('alice', { appid: 'wxunknown' })).code).toBe('UNKNOWN_APP');
    expect([hasher.calls.verify, wechat.calls.length]).toEqual([0, 0]);
  });

  test('that is wrong is answered as one for nobody: same body, status, headers and number of hashes', async () => {
    const two = await join({ apps: TWO_TENANTS });
    const { register, logIn } = passwordsOf(two);
    const appid = APPID;
    await register(await two.tokenFor(codeOf('alice'), { appid }), 'alice');
    await register(await two.tokenFor(codeOf('eve'), { appid: OTHER_APPID }), 'eve', OTHER_PASSWORD);
    const tries = {
      'a wrong password': { username: 'alice', password: OTHER_PASSWORD },
      'a wrong password of a banned user': { username: 'alice', password: OTHER_PASSWORD },
      'one that is too long': { username: 'alice', password: `CANARY ${'x'.repeat(5000)}` },
      'one that is too short': { username: 'alice', password: 'CANARY' },
      nobody: { username: 'nobody' },
      'somebody of another tenant, and the right password': { username: 'eve', password: OTHER_PASSWORD },
    };
    const seen: unknown[] = [];
    for (const [what, login] of Object.entries(tries)) {
      if (what.includes('banned')) await stores.ask("UPDATE users SET status = 'banned' WHERE username = 'alice'");
      const before = { ...hasher.calls };
      const refusal = refusalIn(await logIn('phone', { ...login, appid }, '192.0.2.1'));
      seen.push({ refusal, verified: hasher.calls.verify - before.verify });
    }
    for (const each of seen) expect(each).toEqual(seen[0]);
    expect(seen[0]).toMatchObject({ refusal: { status: 200 }, verified: 1 });
    expect(JSON.stringify(seen[0])).toContain('WRONG_CREDENTIALS');
  });

  test('to be changed needs the current one, and a new one that is good', async () => {
    const { token } = await registered();
    const { change } = passwordsOf(gateway);
    const other = await gateway.tokenFor(codeOf('alice'));
    expect((await change(token, 'CANARY wrong one', OTHER_PASSWORD)).code).toBe('WRONG_CREDENTIALS');
    const weak = await change(token, PASSWORD, 'password1');
    expect([weak.code, reasonIn(weak)]).toEqual(['WEAK_PASSWORD', 'COMMON']);
    expect((await change(token, PASSWORD, 'Alice')).code).toBe('WEAK_PASSWORD');
    expect((await change('', PASSWORD, OTHER_PASSWORD)).code).toBe('UNAUTHENTICATED');
    const nameless = await gateway.tokenFor(codeOf('bob'));
    expect((await change(nameless, PASSWORD, OTHER_PASSWORD)).code).toBe('WRONG_CREDENTIALS');
    expect(await userOf(other)).not.toBe('UNAUTHENTICATED');
  });

  test('to be changed is counted like a login, together with logins', async () => {
    const { token } = await registered();
    const { logIn, change } = passwordsOf(gateway);
    const codes: unknown[] = [];
    for (let n = 0; n < 3; n += 1) codes.push((await logIn('x', { password: `CANARY guess ${n}` })).code);
    for (let n = 3; n < 6; n += 1) codes.push((await change(token, `CANARY guess ${n}`, OTHER_PASSWORD)).code);
    expect(codes).toEqual([...Array(5).fill('WRONG_CREDENTIALS'), 'RATE_LIMITED']);
    expect((await change(token, PASSWORD, OTHER_PASSWORD)).code).toBe('RATE_LIMITED');
    expect((await change(token, PASSWORD, OTHER_PASSWORD, '192.0.2.7')).code).toBeNull();
  });

  describe('tries', () => {
    const wrong = (from: string, n = 0) =>
      passwordsOf(gateway)
        .logIn('x', { password: `CANARY guess ${n}` }, from)
        .then(({ code }) => code);

    test('are refused from the sixth wrong one of an address on, the right one too; not those of others', async () => {
      await registered();
      const { logIn } = passwordsOf(gateway);
      const codes: unknown[] = [];
      for (let n = 0; n < 6; n += 1) codes.push(await wrong('192.0.2.1', n));
      expect(codes).toEqual([...Array(5).fill('WRONG_CREDENTIALS'), 'RATE_LIMITED']);
      const verified = hasher.calls.verify;
      const refused = await logIn('x', {}, '192.0.2.1');
      expect([refused.status, refused.code, hasher.calls.verify]).toEqual([429, 'RATE_LIMITED', verified]);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(800);
      expect((await logIn('x', {}, '192.0.2.2')).code).toBeNull();
    });

    test('at names that nobody has are counted alike', async () => {
      const codes: unknown[] = [];
      for (let n = 0; n < 6; n += 1) codes.push((await passwordsOf(gateway).logIn('x', { username: 'nobody' })).code);
      expect(codes).toEqual([...Array(5).fill('WRONG_CREDENTIALS'), 'RATE_LIMITED']);
    });

    test('that come at once are as many, and no more are hashed', async () => {
      await registered();
      const before = hasher.calls.verify;
      const codes = await Promise.all(Array.from({ length: 30 }, (_, n) => wrong('192.0.2.1', n)));
      expect(codes.filter((code) => code === 'WRONG_CREDENTIALS')).toHaveLength(5);
      expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(25);
      expect(hasher.calls.verify - before).toBe(5);
    });

    test('cannot be multiplied within one operation', async () => {
      await registered();
      const before = hasher.calls.verify;
      const field = (n: number) =>
        `a${n}: loginWithPassword(input: { code: "${codeOf('x')}", username: "alice", password: "guess-${n}" }) { token }`;
      const answer = await gateway.graphql(`mutation { ${[0, 1].map(field).join(' ')} }`);
      expect([answer.status, hasher.calls.verify]).toEqual([400, before]);
      const mixed = `mutation($p: String!) { ${field(0)} changePassword(input: { currentPassword: $p, newPassword: $p }) { sessionsEnded } }`;
      expect((await gateway.graphql(mixed, { variables: { p: PASSWORD } })).status).toBe(400);
    });

    test('of others do not lock the owner out: their first one is always judged', async () => {
      await registered();
      for (let n = 0; n < 50; n += 1) expect(await wrong(`198.51.100.${n % 10}`, n)).toBe('WRONG_CREDENTIALS');
      expect(await wrong('198.51.100.200')).toBe('WRONG_CREDENTIALS');
      expect(await wrong('198.51.100.200')).toBe('RATE_LIMITED');
      for (let n = 0; n < 10; n += 1) {
        expect((await passwordsOf(gateway).logIn('x', {}, '203.0.113.5')).code).toBeNull();
      }
    });

    test('that are right are never too many', async () => {
      await registered();
      for (let n = 0; n < 12; n += 1) expect((await passwordsOf(gateway).logIn('x')).code).toBeNull();
    });

    test('are counted although logins are not limited, and after the limit of logins', async () => {
      await registered();
      const limited = await join({ loginLimitPerIp: { count: 2, windowSeconds: 60 } });
      const before = hasher.calls.verify;
      const { logIn } = passwordsOf(limited);
      const codes: unknown[] = [];
      for (let n = 0; n < 3; n += 1) codes.push((await logIn('x', { password: OTHER_PASSWORD }, '192.0.2.9')).code);
      expect(codes).toEqual(['WRONG_CREDENTIALS', 'WRONG_CREDENTIALS', 'RATE_LIMITED']);
      expect(hasher.calls.verify - before).toBe(2);
    });

    describeWithService('redis', 'at two gateways on one Redis', () => {
      test('are as many at both together', async () => {
        await registered();
        const redis = await startRedis();
        const both = [await join(sessionsIn(redis)), await join(sessionsIn(redis))];
        for (const { running } of both) while ((await running.app.inject('/readyz')).statusCode !== 200);
        const tries = both.flatMap((each) => Array.from({ length: 6 }, () => passwordsOf(each).logIn('x', WRONG)));
        const codes = (await Promise.all(tries)).map(({ code }) => code);
        expect(codes.filter((code) => code === 'WRONG_CREDENTIALS')).toHaveLength(5);
        expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(7);
        await redis.stop();
      });
    });
  });
});

test('passwords of many people at once are all answered, those for whom there is no place with RATE_LIMITED', async () => {
  const { calls, ...hasher } = createFastHasher();
  const [arrived, released] = [deferred<void>(), deferred<void>()];
  const verify = async (password: string, hash: string) => {
    arrived.resolve();
    await released.promise;
    return hasher.verify(password, hash);
  };
  const wechat = await startStandInWechat();
  const seams = { passwordHasher: { ...hasher, verify } };
  const gateway = await startTestGateway({ wechatApiUrl: wechat.url, config: { trustProxy: 1 }, seams });
  const { logIn } = passwordsOf(gateway);
  const asked = Array.from({ length: 200 }, (_, n) => logIn('x', { username: `user-${n}` }, `198.51.100.${n}`));
  await arrived.promise;
  const refused = (await Promise.race(asked)).code;
  released.resolve();
  const codes = (await Promise.all(asked)).map(({ code }) => code);
  expect([refused, calls.verify]).toEqual([
    'RATE_LIMITED',
    codes.filter((code) => code === 'WRONG_CREDENTIALS').length,
  ]);
  expect(new Set(codes)).toEqual(new Set(['WRONG_CREDENTIALS', 'RATE_LIMITED']));
  await gateway.close();
  await wechat.close();
});

test('a password that is hashed in earnest opens the account, in whichever way Unicode spells it', async () => {
  const wechat = await startStandInWechat();
  const gateway = await startTestGateway({ wechatApiUrl: wechat.url });
  const { register, logIn } = passwordsOf(gateway);
  const password = 'CANARY crème brûlée';
  expect((await register(await gateway.tokenFor(codeOf('alice')), 'alice', password)).code).toBeNull();
  expect((await logIn('x', { password: password.normalize('NFD') })).code).toBeNull();
  expect((await logIn('x', { password: `${password}\0` })).code).toBe('WRONG_CREDENTIALS');
  await gateway.close();
  await wechat.close();
});
