import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hold } from '../../support/faults.js';
import { refusal } from './phone.js';
import { codeOfFailure, openPhoneScene, type PhoneScene } from './scene.js';

const OPENID = '{ viewer { openid } }';
const MANY = 50;

let scene: PhoneScene;

beforeAll(async () => {
  scene = await openPhoneScene();
});

afterAll(() => scene?.close());

const times = <T>(count: number, work: () => Promise<T>) => Promise.all(Array.from({ length: count }, work));

describe('a phone without a token', () => {
  test('logs in once, however many ask', async () => {
    const { phone, client } = scene.pickUp();
    const answers = await times(MANY, () => client.request<{ viewer: { openid: string } }>(OPENID));
    expect(new Set(answers.map(({ viewer }) => viewer.openid)).size).toBe(1);
    expect([phone.logins, phone.ofKind('login').length, phone.ofKind('request').length]).toEqual([1, 1, MANY]);
  });

  test('sends the login without a token and names it', async () => {
    const { phone, client } = scene.pickUp('bob', { appid: undefined });
    await client.viewer();
    const [login] = phone.ofKind('login');
    expect(login?.token).toBeNull();
    expect(login?.variables.input).toEqual({
      code: expect.stringMatching(/^\w{32}$/),
      requestId: expect.stringMatching(/^[\w-]{16,64}$/),
    });
  });

  test('finds the token of the last time in its storage', async () => {
    const { phone, client } = scene.pickUp();
    const { session } = await client.viewer();
    const again = scene.pickUp();
    for (const [key, token] of phone.storage) again.phone.storage.set(key, token);
    expect((await again.client.viewer()).session.id).toBe(session.id);
    expect(again.phone.logins).toBe(0);
  });

  test('keeps it encrypted when told to', async () => {
    const { phone, client } = scene.pickUp('alice', { storage: 'encrypted', storageKey: 'mine' });
    await client.login();
    await client.logout();
    expect([...phone.encrypted]).toEqual(['mine']);
  });

  test('logs in without a storage that works', async () => {
    const { phone, client } = scene.pickUp();
    phone.wx.getStorage = ({ fail }) => fail({ errMsg: 'getStorage:fail' });
    phone.wx.setStorage = ({ fail }) => fail({ errMsg: 'setStorage:fail exceed storage max size' });
    await client.viewer();
    await client.viewer();
    expect(phone.logins).toBe(1);
  });

  test('does not send to one gateway the token of another', async () => {
    const { phone, client } = scene.pickUp();
    await client.login();
    const other = scene.pickUp('alice', { url: 'https://other.example.com/graphql' });
    for (const [key, token] of phone.storage) other.phone.storage.set(key, token);
    other.phone.always('login', { errMsg: 'request:fail url not in domain list' });
    await codeOfFailure(other.client.viewer());
    expect(other.phone.ofKind('request')).toEqual([]);
  });

  test('tells who is using it', async () => {
    const { client } = scene.pickUp('carol');
    const viewer = await client.viewer();
    expect(viewer).toEqual({
      openid: expect.any(String),
      unionid: expect.any(String),
      appid: expect.any(String),
      platform: 'WECHAT',
      user: { id: expect.any(String) },
      session: { id: expect.any(String), expiresAt: expect.any(String) },
    });
  });
});

describe('a token that was revoked', () => {
  test('costs one login, however many ask', async () => {
    const { phone, client } = scene.pickUp();
    await client.login();
    const revoked = scene.tokenOn(phone);
    await scene.gateway.logout(revoked);
    const answers = await times(MANY, () => client.viewer());
    expect(answers).toHaveLength(MANY);
    expect([phone.logins, phone.ofKind('login').length]).toEqual([2, 2]);
    expect(scene.tokenOn(phone)).not.toBe(revoked);
  });

  test('costs no login when another request has made one: it is sent again with the new token', async () => {
    const { phone, client } = scene.pickUp();
    await client.login();
    await scene.gateway.logout(scene.tokenOn(phone));
    const late = hold('after');
    phone.plan('request', late);
    const slow = client.viewer();
    await late.arrived;
    await client.viewer();
    late.release();
    await slow;
    expect(phone.logins).toBe(2);
  });

  test('and refused again after the login is told, and not tried for ever', async () => {
    const { phone, client } = scene.pickUp();
    phone.always('request', refusal('UNAUTHENTICATED'));
    expect(await codeOfFailure(client.viewer())).toBe('UNAUTHENTICATED');
    expect([phone.logins, phone.ofKind('request').length]).toEqual([2, 2]);
    const outcomes = await times(MANY, () => codeOfFailure(client.viewer()));
    expect(new Set(outcomes)).toEqual(new Set(['UNAUTHENTICATED']));
    expect(phone.logins).toBeLessThan(10);
  });

  test('is noticed by HTTP 401 alone, and by the code alone', async () => {
    const { phone, client } = scene.pickUp();
    await client.login();
    phone.plan('request', { statusCode: 401, data: 'Unauthorized' });
    await client.viewer();
    phone.plan('request', { ...refusal('UNAUTHENTICATED'), statusCode: 200 });
    await client.viewer();
    expect(phone.logins).toBe(3);
  });

  test('is not sent again with a mutation of which a part was done', async () => {
    const { phone, client } = scene.pickUp();
    await client.login();
    phone.plan('request', refusal('UNAUTHENTICATED', {}, { first: 'done' }));
    const failure = await client.request('mutation { first second }').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'UNAUTHENTICATED', data: { first: 'done' } });
    expect([phone.logins, phone.ofKind('request').length]).toEqual([1, 1]);
  });

  test('is sent again with a mutation of which nothing was done', async () => {
    const { phone, client } = scene.pickUp();
    await client.login();
    phone.plan('request', refusal('UNAUTHENTICATED'));
    const answer = await client.request('mutation { updateProfile(input: { nickname: "Al" }) { viewer { appid } } }');
    expect(answer).toMatchObject({ updateProfile: { viewer: { appid: expect.any(String) } } });
    expect(phone.logins).toBe(2);
  });
});

describe('a login', () => {
  test('whose answer is lost is repeated under its name: one exchange, one session', async () => {
    const { phone, client } = scene.pickUp('newcomer');
    const before = scene.simulator.exchanges().length;
    phone.plan('login', 'lose the answer');
    const { viewer } = await client.request<{ viewer: { sessions: unknown[] } }>('{ viewer { sessions { id } } }');
    expect(viewer.sessions).toHaveLength(1);
    expect(scene.simulator.exchanges()).toHaveLength(before + 1);
    const [first, second] = phone.ofKind('login');
    expect(second?.variables).toEqual(first?.variables);
    expect(phone.logins).toBe(1);
  });

  test('with a code that is refused takes another one under another name, once', async () => {
    const { phone, client } = scene.pickUp();
    phone.plan('login', refusal('CODE_INVALID'));
    await client.viewer();
    const ids = phone.ofKind('login').map(({ variables }) => variables.input?.requestId);
    expect([phone.logins, new Set(ids).size]).toEqual([2, 2]);

    const unlucky = scene.pickUp();
    unlucky.phone.always('login', refusal('CODE_INVALID', { reason: 'USED' }));
    expect(await codeOfFailure(unlucky.client.viewer())).toBe('CODE_INVALID');
    expect(unlucky.phone.logins).toBe(2);
  });

  test('waits for a platform that is busy, and takes another code', async () => {
    const { phone, client, clock } = scene.pickUp();
    phone.plan('login', refusal('PLATFORM_UNAVAILABLE', { retryAfterSeconds: 5 }));
    await client.viewer();
    expect(phone.logins).toBe(2);
    expect(clock.waits).toHaveLength(1);
    expect(clock.waits[0]).toBeGreaterThanOrEqual(5000);
    expect(clock.waits[0]).toBeLessThanOrEqual(7500);
  });

  test('waits for a store with the same code', async () => {
    const { phone, client, clock } = scene.pickUp();
    phone.plan('login', refusal('SERVICE_UNAVAILABLE', { retryAfterSeconds: 2 }));
    await client.viewer();
    expect([phone.logins, phone.ofKind('login').length, clock.waits.length]).toEqual([1, 2, 1]);
    expect(clock.waits[0]).toBeGreaterThanOrEqual(2000);
  });

  test('that is limited for longer than a person waits fails at once, and nobody asks again before its time', async () => {
    const { phone, client, clock } = scene.pickUp();
    phone.always('login', refusal('RATE_LIMITED', { retryAfterSeconds: 60 }));
    clock.stand();
    expect(await codeOfFailure(client.viewer())).toBe('RATE_LIMITED');
    expect(await codeOfFailure(client.viewer())).toBe('RATE_LIMITED');
    expect(phone.logins).toBe(1);
    phone.always('login', 'pass');
    await clock.advance(60_000);
    await client.viewer();
    expect(phone.logins).toBe(2);
  });

  test('of somebody who is blocked fails at once, and for ten seconds nobody is asked', async () => {
    const { phone, client, clock } = scene.pickUp('mallory');
    clock.stand();
    const failures = await times(MANY, () => codeOfFailure(client.viewer()));
    expect(new Set(failures)).toEqual(new Set(['USER_BLOCKED']));
    expect(await codeOfFailure(client.login())).toBe('USER_BLOCKED');
    await clock.advance(9_999);
    expect(await codeOfFailure(client.viewer())).toBe('USER_BLOCKED');
    expect([phone.logins, phone.ofKind('login').length]).toEqual([1, 1]);
    await clock.advance(1);
    expect(await codeOfFailure(client.viewer())).toBe('USER_BLOCKED');
    expect(phone.logins).toBe(2);
  });

  test('for which the platform gives no code fails all who wait, and the next one starts anew', async () => {
    const { phone, client } = scene.pickUp();
    phone.failLogin('login:fail 用户未登录');
    const failures = await times(MANY, () => client.viewer().catch((error: unknown) => error));
    expect(new Set(failures).size).toBe(1);
    expect(failures[0]).toMatchObject({ code: 'LOGIN_FAILED', message: expect.stringContaining('login:fail') });
    expect(phone.logins).toBe(1);
    phone.failLogin(null);
    await client.viewer();
    expect(phone.logins).toBe(2);
  });

  test('goes ahead of the requests that wait', async () => {
    const { phone, client } = scene.pickUp();
    await client.login();
    const stuck = Array.from({ length: 10 }, () => hold('before'));
    phone.plan('request', ...stuck);
    const requests = times(20, () => client.viewer());
    await Promise.all(stuck.map(({ arrived }) => arrived));
    await scene.gateway.logout(scene.tokenOn(phone));
    const [first] = stuck;
    first?.release();
    // The first of them is refused and logs in, while nine are stuck and ten wait.
    while (phone.ofKind('login').length < 2) await new Promise((resolve) => setImmediate(resolve));
    const before = phone.sent.filter(({ kind }) => kind === 'request').length;
    expect(before).toBeLessThan(20);
    for (const each of stuck) each.release();
    expect(await requests).toHaveLength(20);
    expect(phone.logins).toBe(2);
  });
});

describe('a logout', () => {
  test('ends the session everywhere, and the next request logs in again', async () => {
    const { phone, client } = scene.pickUp();
    await client.login();
    const ended = scene.tokenOn(phone);
    await client.logout();
    expect([...phone.storage]).toEqual([]);
    expect((await scene.gateway.viewer(ended)).code).toBe('UNAUTHENTICATED');
    await client.viewer();
    expect(phone.logins).toBe(2);
  });

  test('without a session asks nobody', async () => {
    const { phone, client } = scene.pickUp();
    await client.logout();
    expect([phone.sent.length, phone.logins]).toEqual([0, 0]);
  });

  test('of a session of the last time ends it without a login', async () => {
    const { phone, client } = scene.pickUp();
    await client.login();
    const again = scene.pickUp();
    for (const [key, token] of phone.storage) again.phone.storage.set(key, token);
    await again.client.logout();
    expect(again.phone.logins).toBe(0);
    expect((await scene.gateway.viewer(scene.tokenOn(phone))).code).toBe('UNAUTHENTICATED');
  });

  test('gives up what is under way: a late answer is dropped, and takes no new token with it', async () => {
    const { phone, client } = scene.pickUp();
    await client.login();
    const [good, refused] = [hold('after'), hold('before')];
    phone.plan('request', good, refused);
    const late = [codeOfFailure(client.viewer()), codeOfFailure(client.viewer())];
    await Promise.all([good.arrived, refused.arrived]);
    await client.logout();
    await client.login();
    const token = scene.tokenOn(phone);
    good.release();
    refused.release();
    expect(await Promise.all(late)).toEqual(['LOGGED_OUT', 'LOGGED_OUT']);
    await client.viewer();
    expect([scene.tokenOn(phone), phone.logins]).toEqual([token, 2]);
  });

  test('during a login ends what that has begun', async () => {
    const { phone, client } = scene.pickUp();
    const slow = hold('after');
    phone.plan('login', slow);
    const asked = codeOfFailure(client.viewer());
    await slow.arrived;
    const leaving = client.logout();
    slow.release();
    await leaving;
    expect(await asked).toBe('LOGGED_OUT');
    const [sent] = phone.ofKind('logout');
    expect((await scene.gateway.viewer(sent?.token ?? null)).code).toBe('UNAUTHENTICATED');
    expect([...phone.storage]).toEqual([]);
  });

  test('that did not get through leaves no token on the phone, and is sent by the next one', async () => {
    const { phone, client } = scene.pickUp();
    await client.login();
    const ended = scene.tokenOn(phone);
    phone.always('logout', { errMsg: 'request:fail ' });
    expect(await codeOfFailure(client.logout())).toBe('NETWORK_ERROR');
    expect([...phone.storage]).toEqual([]);
    phone.always('logout', 'pass');
    await client.logout();
    expect((await scene.gateway.viewer(ended)).code).toBe('UNAUTHENTICATED');
  });
});
