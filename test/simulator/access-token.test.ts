import { describe, expect, test } from '@jest/globals';
import { call, createClock, stableToken, start } from './ask.js';

const ridTail = / rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/;
/** Asks for anything: 40003 says that the token was good. */
const probe = '/wxa/checksession';
const good = 40003;

async function world(options = {}) {
  const clock = createClock();
  const simulator = await start({ now: clock.now, ...options });
  const use = async (access_token: string | null) =>
    (await call(simulator, probe, { query: { access_token } })).errcode;
  return { ...clock, simulator, use };
}

describe('stable_token', () => {
  test('answers the same token, with what is left of its two hours', async () => {
    const { simulator, passSeconds, use } = await world();
    const first = await stableToken(simulator);
    expect(first).toEqual({ access_token: expect.stringMatching(/^\d+_[\w-]{128}$/), expires_in: 7200 });
    passSeconds(6_900);
    expect(await stableToken(simulator)).toEqual({ access_token: first.access_token, expires_in: 300 });
    expect(await stableToken(simulator, { force_refresh: false })).toEqual(await stableToken(simulator));
    expect(await use(first.access_token)).toBe(good);
  });

  test('renews the token when less than five minutes are left, and both are good until the end of the old one', async () => {
    const { simulator, passSeconds, use } = await world();
    const old = (await stableToken(simulator)).access_token;
    passSeconds(6_901);
    const next = await stableToken(simulator);
    expect(next).toEqual({ access_token: expect.any(String), expires_in: 7200 });
    expect(next.access_token).not.toBe(old);
    expect((await stableToken(simulator)).access_token).toBe(next.access_token);
    passSeconds(298);
    expect([await use(old), await use(next.access_token)]).toEqual([good, good]);
    passSeconds(1);
    expect([await use(old), await use(next.access_token)]).toEqual([42001, good]);
  });

  test('kills the old token at once when a refresh is forced', async () => {
    const { simulator, use } = await world();
    const old = (await stableToken(simulator)).access_token;
    const { access_token, expires_in } = await stableToken(simulator, { force_refresh: true });
    expect(expires_in).toBe(7200);
    expect([await use(old), await use(access_token)]).toEqual([40001, good]);
    expect((await stableToken(simulator)).access_token).toBe(access_token);
  });

  test('refuses a second forced refresh within 30 s with 45011, and leaves the token as it is', async () => {
    const { simulator, passSeconds, use } = await world();
    const force = () => stableToken(simulator, { force_refresh: true });
    const { access_token } = await force();
    passSeconds(29);
    expect(await force()).toMatchObject({ errcode: 45011 });
    expect(await use(access_token)).toBe(good);
    passSeconds(1);
    expect((await force()).access_token).not.toBe(access_token);
  });

  test('refuses the twenty-first forced refresh of a day in China with 45009', async () => {
    // 16:00 UTC is midnight there.
    const clock = createClock(Date.UTC(2026, 0, 1, 15, 40));
    const simulator = await start({ now: clock.now });
    const force = async () => {
      clock.passSeconds(30);
      return (await stableToken(simulator, { force_refresh: true })).errcode ?? 'ok';
    };
    for (let n = 0; n < 20; n += 1) expect(await force()).toBe('ok');
    expect(await force()).toBe(45009);
    clock.passSeconds(600);
    expect(await force()).toBe('ok');
  });

  test('gives every app tokens of its own', async () => {
    const apps = [
      { appid: 'wx1', secret: 's1' },
      { appid: 'wx2', secret: 's2' },
    ];
    const { simulator, use } = await world({ apps });
    const first = await stableToken(simulator);
    const second = await stableToken(simulator, { ...apps[1], force_refresh: true });
    expect(second.access_token).not.toBe(first.access_token);
    expect([await use(first.access_token), await use(second.access_token)]).toEqual([good, good]);
    await stableToken(simulator, { force_refresh: true });
    expect([await use(first.access_token), await use(second.access_token)]).toEqual([40001, good]);
  });

  test.each([
    [41002, { appid: undefined }],
    [41002, { appid: '' }],
    [41004, { secret: undefined }],
    [40002, { grant_type: 'authorization_code' }],
    [40002, { grant_type: undefined }],
    [40013, { appid: 'wx0000000000000000' }],
    [40125, { secret: 'wrong' }],
    [47001, { force_refresh: 'true' }],
  ])('answers %i to %j', async (errcode, changes) => {
    const { simulator } = await world();
    expect(await stableToken(simulator, changes)).toEqual({ errcode, errmsg: expect.stringMatching(ridTail) });
  });

  test('answers 43002 to a GET, 44002 to an empty body, and 47001 to a form and to what is no object', async () => {
    const { simulator } = await world();
    const ask = async (body?: unknown) => (await call(simulator, '/cgi-bin/stable_token', { body })).errcode;
    expect(await ask()).toBe(43002);
    expect(await ask('')).toBe(44002);
    const form = new URLSearchParams({ grant_type: 'client_credential', appid: 'x', secret: 'y' }).toString();
    for (const body of [form, '{"appid":', '[]', 'null', '"text"', `{"appid":"${'x'.repeat(66_000)}"}`]) {
      expect(await ask(body)).toBe(47001);
    }
  });
});

describe('a call', () => {
  test('is refused without an access token, with one that nobody gave, and with one that is none', async () => {
    const { simulator, use } = await world();
    const { access_token } = await stableToken(simulator);
    expect(await use(null)).toBe(41001);
    expect(await use('')).toBe(41001);
    expect(await use(`${access_token.slice(0, -1)}${access_token.endsWith('A') ? 'B' : 'A'}`)).toBe(40001);
    for (const token of ['x', access_token.slice(3), `${access_token} `, `86_${'x'.repeat(501)}`]) {
      expect(await use(token)).toBe(40014);
    }
  });

  test('is refused once the tokens were revoked, and the next token is another one', async () => {
    const { simulator, passSeconds, use } = await world();
    const old = (await stableToken(simulator)).access_token;
    passSeconds(6_901);
    const present = (await stableToken(simulator)).access_token;
    simulator.revokeAccessTokens(simulator.appid);
    expect([await use(old), await use(present)]).toEqual([40001, 40001]);
    const { access_token, expires_in } = await stableToken(simulator);
    expect([await use(access_token), expires_in]).toEqual([good, 7200]);
    simulator.revokeAccessTokens();
    expect(await use(access_token)).toBe(40001);
    expect(() => simulator.revokeAccessTokens('canary')).toThrow(/^There is no such app\. There are: wx7e57/);
  });

  test('is refused for its method with 43001 or 43002', async () => {
    const { simulator } = await world();
    const { access_token } = await stableToken(simulator);
    const query = { access_token };
    expect(await call(simulator, probe, { query, body: {} })).toMatchObject({ errcode: 43001 });
    expect(await call(simulator, '/wxa/msg_sec_check', { query })).toMatchObject({ errcode: 43002 });
  });

  test('of what there is not is refused with 40066', async () => {
    const { simulator } = await world();
    for (const path of ['/cgi-bin/token', '/wxa/checkSession', '/wxa/msg_sec_check/', '/__proto__']) {
      expect(await call(simulator, path, { body: {} })).toMatchObject({ errcode: 40066 });
    }
  });
});
