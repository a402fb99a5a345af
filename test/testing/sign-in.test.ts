import { describe, expect, test } from '@jest/globals';
import type { App } from '../../src/index.js';
import { SignInRefused, SimulatorMisuse } from '../../src/testing/index.js';
import { createTestClock } from '../support/test-gateway.js';
import { LOGIN, start, VIEWER } from './gateways.js';

describe('who signs in', () => {
  test('is the viewer of their requests, with what the login answered', async () => {
    const gateway = await start();
    const alice = await gateway.signInAs('alice');
    const { openid } = gateway.wechat.users.find(({ username }) => username === 'alice') ?? {};
    expect(alice.viewer).toEqual(await gateway.authenticate(alice.token));
    expect(alice.viewer).toMatchObject({
      openid,
      unionid: null,
      appid: gateway.wechat.appid,
      platform: 'WECHAT',
      tenant: 'default',
    });
    expect(await alice.graphql(VIEWER)).toMatchObject({
      status: 200,
      code: null,
      errors: [],
      data: { viewer: { openid, user: { id: alice.viewer.user.id }, session: { id: alice.viewer.session.id } } },
    });
  });

  test('is another person under another name', async () => {
    const { signInAs } = await start();
    const [alice, bob] = [await signInAs('alice'), await signInAs('bob')];
    expect(bob.viewer.openid).not.toBe(alice.viewer.openid);
    expect(bob.viewer.user.id).not.toBe(alice.viewer.user.id);
  });

  test('is the same person under the same name, with one session more', async () => {
    const { signInAs } = await start();
    const [first, second] = [await signInAs('alice'), await signInAs('alice')];
    expect(second.viewer.user.id).toBe(first.viewer.user.id);
    expect(second.viewer.session.id).not.toBe(first.viewer.session.id);
    expect((await first.graphql(VIEWER)).data).toMatchObject({ viewer: { session: { id: first.viewer.session.id } } });
    expect((await second.graphql(VIEWER)).data).toMatchObject({
      viewer: { session: { id: second.viewer.session.id } },
    });
  });

  test('is somebody new under a name nobody has, and somebody new every time as newcomer', async () => {
    const { signInAs, wechat } = await start({
      users: [{ username: 'alice' }, { username: 'anew', kind: 'newcomer' }],
    });
    const dora = await signInAs('dora');
    expect(wechat.users.at(-1)).toMatchObject({ username: 'dora', openid: dora.viewer.openid });
    const [first, second] = [await signInAs('anew'), await signInAs('anew')];
    expect(second.viewer.user.id).not.toBe(first.viewer.user.id);
  });

  test('has another openid and the same unionid in another of the configured apps', async () => {
    const app = (appid: string): App => ({ platform: 'WECHAT', appid, secrets: [`of-${appid}`], tenant: 'shop' });
    const { signInAs, wechat } = await start({ config: { apps: [app('wx1'), app('wx2')] } });
    const [first, second] = [await signInAs('carol'), await signInAs('carol', { appid: 'wx2' })];
    expect(wechat.apps).toEqual([
      { appid: 'wx1', secret: 'of-wx1' },
      { appid: 'wx2', secret: 'of-wx2' },
    ]);
    expect([first.viewer.appid, second.viewer.appid]).toEqual(['wx1', 'wx2']);
    expect(second.viewer.tenant).toBe('shop');
    expect(second.viewer.unionid).toMatch(/^o[\w-]{27}$/);
    expect(second.viewer.unionid).toBe(first.viewer.unionid);
    expect(second.viewer.openid).not.toBe(first.viewer.openid);
    await expect(signInAs('carol', { appid: 'wx3' })).rejects.toThrow(SimulatorMisuse);
  });

  test('is refused with USER_BLOCKED when WeChat blocks them', async () => {
    const { signInAs } = await start();
    await expect(signInAs('mallory')).rejects.toThrow(SignInRefused);
    await expect(signInAs('mallory')).rejects.toMatchObject({
      code: 'USER_BLOCKED',
      message: expect.stringMatching(/^USER_BLOCKED: ./),
    });
  });
});

describe('the clock that is passed in', () => {
  test('ends a session exactly when its idle time is over', async () => {
    const clock = createTestClock();
    const { signInAs } = await start({ now: clock.now, config: { sessionIdleTtlMs: 60_000 } });
    const [used, unused] = [await signInAs('alice'), await signInAs('bob')];
    expect(used.viewer.session.createdAt).toEqual(new Date(clock.now()));
    expect(used.viewer.session.expiresAt).toEqual(new Date(clock.now() + 60_000));
    clock.advance(59_999);
    expect(await used.graphql(VIEWER)).toMatchObject({ status: 200, code: null });
    clock.advance(1);
    expect(await unused.graphql(VIEWER)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(await used.graphql(VIEWER)).toMatchObject({ status: 200, code: null });
  });

  test('makes a code invalid after five minutes', async () => {
    const clock = createTestClock();
    const { graphql, wechat } = await start({ now: clock.now });
    const [early, late] = [wechat.code('alice'), wechat.code('bob')];
    clock.advance(5 * 60_000 - 1);
    expect((await graphql(LOGIN, { code: early })).code).toBeNull();
    clock.advance(1);
    const answer = await graphql(LOGIN, { code: late });
    expect(answer).toMatchObject({ code: 'CODE_INVALID', data: null });
    expect(answer.errors[0]?.extensions.reason).toBe('INVALID');
  });
});

describe('a fault that was ordered', () => {
  test.each([
    ['busy', 'PLATFORM_UNAVAILABLE'],
    ['quota', 'RATE_LIMITED'],
    ['hang', 'PLATFORM_UNAVAILABLE'],
    ['cut', 'PLATFORM_UNAVAILABLE'],
    ['html', 'PLATFORM_UNAVAILABLE'],
    ['truncated', 'PLATFORM_UNAVAILABLE'],
    [40029, 'CODE_INVALID'],
    [40226, 'USER_BLOCKED'],
    [40125, 'INTERNAL_SERVER_ERROR'],
  ] as const)('(%s) refuses the login with %s, until it is called off', async (fault, code) => {
    const { signInAs, wechat } = await start();
    wechat.fail(fault);
    await expect(signInAs('alice')).rejects.toMatchObject({ name: 'SignInRefused', code });
    wechat.fail(null);
    expect((await signInAs('alice')).viewer.openid).toMatch(/^o/);
  });

  test('once and no more is outlived by a gateway that asks again: busy', async () => {
    const { signInAs, wechat } = await start();
    wechat.fail('busy', { times: 1 });
    await signInAs('alice');
    expect(wechat.exchanges().map(({ outcome }) => outcome.kind)).toEqual(['errcode', 'session']);
  });

  test('of slowness keeps nobody waiting, and the login succeeds', async () => {
    const { signInAs, wechat } = await start();
    wechat.fail('slow');
    expect((await signInAs('alice')).viewer.openid).toMatch(/^o/);
    expect(wechat.exchanges()).toMatchObject([{ outcome: { kind: 'fault', fault: 'slow' } }]);
  });
});
