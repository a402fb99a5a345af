import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { exchange, exchangeUrl, get, start, userOf } from './ask.js';

const fiveMinutesMs = 300_000;
const ridTail = / rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/;

describe('a login', () => {
  test('answers the key and the openid, in this order and without an errcode', async () => {
    const simulator = await start();
    const response = await fetch(exchangeUrl(simulator, simulator.code('alice')));
    expect(response.headers.get('content-type')).toBe('text/plain');
    expect(await response.text()).toMatch(/^\{"session_key":"[A-Za-z0-9+/]{22}==","openid":"o[\w-]{27}"\}$/);
  });

  test('adds the unionid of who has one', async () => {
    const simulator = await start();
    const carol = userOf(simulator, 'carol');
    expect(carol.unionid).toMatch(/^o[\w-]{27}$/);
    expect(await exchange(simulator, simulator.code('carol'))).toEqual({
      session_key: expect.any(String),
      openid: carol.openid,
      unionid: carol.unionid,
    });
  });

  test('gives every user an openid of their own, the same after a restart, another under another appid', async () => {
    const [first, second, other] = [await start(), await start(), await start({ appid: 'wx0000000000000002' })];
    const openids = first.users.map((user) => user.openid).filter((openid) => openid !== null);
    expect(new Set(openids).size).toBe(5);
    expect(second.users).toEqual(first.users);
    expect(userOf(other, 'alice').openid).not.toBe(userOf(first, 'alice').openid);
    expect(other.users.map((user) => user.unionid)).toEqual(first.users.map((user) => user.unionid));
  });

  test('takes users of the caller’s own', async () => {
    const simulator = await start({ users: [{ username: 'dora', openid: 'o-dora', unionid: 'u-dora' }] });
    expect(await exchange(simulator, simulator.code('dora'))).toMatchObject({ openid: 'o-dora', unionid: 'u-dora' });
    expect(simulator.users.map((user) => user.username)).toEqual(['dora', 'devtools']);
  });

  test('gives 32 characters as a code, a new one every time', async () => {
    const simulator = await start();
    const codes = Array.from({ length: 100 }, () => simulator.code('alice'));
    for (const code of codes) expect(code).toMatch(/^0[A-Za-z0-9]{31}$/);
    expect(new Set(codes).size).toBe(100);
  });

  test('replaces the key of this user, and of no other, at every wx.login', async () => {
    const simulator = await start();
    const [alice1, bob1] = [simulator.code('alice'), simulator.code('bob')];
    const first = await exchange(simulator, alice1);
    const [alice2, alice3] = [simulator.code('alice'), simulator.code('alice')];
    const second = await exchange(simulator, alice2);
    const third = await exchange(simulator, alice3);
    expect(second.session_key).not.toBe(first.session_key);
    expect(third.session_key).toBe(second.session_key);
    expect((await exchange(simulator, bob1)).session_key).not.toBe(third.session_key);
  });

  test('takes the constant code of DevTools again and again, as user devtools', async () => {
    const simulator = await start();
    const first = await exchange(simulator, 'the code is a mock one');
    const second = await exchange(simulator, 'the code is a mock one');
    expect(first.openid).toBe(userOf(simulator, 'devtools').openid);
    expect(second.openid).toBe(first.openid);
    expect(second.session_key).not.toBe(first.session_key);
  });

  test('names the users there are when asked for another, and does not repeat what was asked for', async () => {
    const simulator = await start();
    for (const name of ['dora', '', '__proto__']) {
      expect(() => simulator.code(name)).toThrow(
        /^There is no such test user\. There are: alice, bob, carol, mallory, newcomer, devtools\.$/,
      );
    }
  });
});

describe('a code', () => {
  test('is good once: 40163 after that', async () => {
    const simulator = await start();
    const code = simulator.code('alice');
    expect(await exchange(simulator, code)).toHaveProperty('openid');
    const refusal = await exchange(simulator, code);
    expect(refusal).toEqual({ errcode: 40163, errmsg: expect.stringMatching(ridTail) });
    expect(refusal.errmsg).toMatch(/^code been used, rid: /);
  });

  test('is good once under fifty requests at the same time', async () => {
    const simulator = await start();
    const code = simulator.code('alice');
    const answers = await Promise.all(Array.from({ length: 50 }, () => exchange(simulator, code)));
    expect(answers.filter((answer) => 'openid' in answer)).toHaveLength(1);
    expect(answers.filter((answer) => answer.errcode === 40163)).toHaveLength(49);
  });

  test('is good for five minutes: 40029 after that, used or not', async () => {
    let time = 1_700_000_000_000;
    const simulator = await start({ now: () => time });
    const [early, late, spent] = [simulator.code('alice'), simulator.code('alice'), simulator.code('alice')];
    await exchange(simulator, spent);
    time += fiveMinutesMs - 1;
    expect(await exchange(simulator, early)).toHaveProperty('openid');
    time += 1;
    expect(await exchange(simulator, late)).toMatchObject({ errcode: 40029 });
    expect(await exchange(simulator, spent)).toMatchObject({ errcode: 40029 });
  });

  test('is refused with 40029 when nobody issued it', async () => {
    const simulator = await start();
    const refusal = await exchange(simulator, `0${'a'.repeat(31)}`);
    expect(refusal).toEqual({ errcode: 40029, errmsg: expect.stringMatching(ridTail) });
    expect(refusal.errmsg).toMatch(/^invalid code, rid: /);
  });

  test('is not spent by a request that is refused for another reason', async () => {
    const simulator = await start();
    const code = simulator.code('alice');
    expect(await exchange(simulator, code, { secret: 'wrong' })).toMatchObject({ errcode: 40125 });
    expect(await exchange(simulator, code)).toHaveProperty('openid');
  });

  test('gives way when 10,000 newer ones are out', async () => {
    const simulator = await start();
    const [first, second] = [simulator.code('alice'), simulator.code('alice')];
    for (let issued = 2; issued < 10_001; issued++) simulator.code('bob');
    expect(await exchange(simulator, first)).toMatchObject({ errcode: 40029 });
    expect(await exchange(simulator, second)).toHaveProperty('openid');
  });
});

describe('a refusal', () => {
  test.each([
    [40013, { appid: 'wx0000000000000000' }, 'invalid appid'],
    [40125, { secret: 'wrong' }, 'invalid appsecret,'],
    [41002, { appid: null }, 'appid missing,'],
    [41004, { secret: null }, 'appsecret missing,'],
    [41008, { js_code: null }, 'missing code,'],
    [41008, { js_code: '' }, 'missing code,'],
    [40002, { grant_type: 'client_credential' }, 'invalid grant_type,'],
    [40002, { grant_type: null }, 'invalid grant_type,'],
  ])('is %i for %j', async (errcode, changes, errmsg) => {
    const simulator = await start();
    const refusal = await exchange(simulator, simulator.code('alice'), changes);
    expect(refusal).toEqual({ errcode, errmsg: expect.stringMatching(ridTail) });
    expect(refusal.errmsg.replace(ridTail, '')).toBe(errmsg);
  });

  test.each(['/sns/jsCode2Session', '/sns/jscode2session/', '//', '/'])('is 40066 for the path %s', async (path) => {
    const simulator = await start();
    const { search } = exchangeUrl(simulator, simulator.code('alice'));
    expect(await get(new URL(`${simulator.url}${path}${search}`))).toMatchObject({ errcode: 40066 });
  });

  test('is 43001 for a POST', async () => {
    const simulator = await start();
    const code = simulator.code('alice');
    const url = exchangeUrl(simulator, code);
    expect(await get(url, { method: 'POST', body: 'x'.repeat(100_000) })).toMatchObject({ errcode: 43001 });
    expect(await exchange(simulator, code)).toHaveProperty('openid');
  });

  test('begins its rid with the time in seconds', async () => {
    const simulator = await start({ now: () => 0x619c7771 * 1000 + 999 });
    expect((await exchange(simulator, 'x')).errmsg).toMatch(/, rid: 619c7771-/);
  });
});

describe('the server', () => {
  test('listens on a free loopback port, or on the one it is given', async () => {
    const first = await start();
    expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await first.close();
    const second = await start({ port: Number(new URL(first.url).port) });
    expect(second.url).toBe(first.url);
    await expect(start({ port: Number(new URL(first.url).port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('takes the appid and the secret it is given, and makes a new secret otherwise', async () => {
    const app = { appid: 'wx1111111111111111', secret: 'ours' };
    const [ours, other] = [await start(app), await start()];
    expect(ours).toMatchObject(app);
    expect(await exchange(ours, ours.code('alice'))).toHaveProperty('openid');
    expect(other.secret).toMatch(/^[0-9a-f]{32}$/);
    expect((await start()).secret).not.toBe(other.secret);
  });

  test('refuses a URL of more than 8 KiB', async () => {
    const simulator = await start();
    const response = await fetch(exchangeUrl(simulator, 'x'.repeat(9_000)));
    expect(response.status).toBe(431);
  });

  test('closes while connections are open, once or twice', async () => {
    const simulator = await start();
    const { hostname, port } = new URL(simulator.url);
    const idle = connect(Number(port), hostname);
    await once(idle, 'connect');
    const half = request({ hostname, port, method: 'POST', path: '/' });
    half.on('error', () => {});
    half.write('x');
    const gone = once(idle, 'close');
    await Promise.all([simulator.close(), simulator.close()]);
    await gone;
    await expect(fetch(simulator.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  test.each([
    ['two users of one name', { users: [{ username: 'alice' }, { username: 'alice' }] }],
    [
      'two users of one openid',
      {
        users: [
          { username: 'alice', openid: 'o' },
          { username: 'bob', openid: 'o' },
        ],
      },
    ],
    ['a user without a name', { users: [{ username: '' }] }],
    ['a name that would act on a terminal', { users: [{ username: 'a\u001b[2J' }] }],
    ['an empty openid', { users: [{ username: 'alice', openid: '' }] }],
    ['a newcomer with an openid', { users: [{ username: 'nova', kind: 'newcomer' as const, openid: 'o' }] }],
    ['a newcomer with a unionid', { users: [{ username: 'nova', kind: 'newcomer' as const, unionid: true as const }] }],
    ['no app', { apps: [] }],
    ['two apps of one appid', { apps: [{ appid: 'wx1' }, { appid: 'wx1' }] }],
    ['an empty appid', { appid: '' }],
    ['a secret with a line break', { secret: 'a\nb' }],
    ['apps twice over', { apps: [{ appid: 'wx1' }], appid: 'wx2' }],
    ['a quota of nothing', { quotaPerMinute: 0 }],
  ])('refuses %s, as misuse', async (_, options) => {
    await expect(start(options)).rejects.toThrow(TypeError);
  });
});
