import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { WechatCallError } from '../../src/wechat/app-calls.js';
import { deferred } from '../support/faults.js';
import { startOwnTime } from '../support/own-time.js';
import { rounds } from '../support/rounds.js';
import { app, type Caller, failureOf, openScene, otherApp, type Scene } from './scene.js';
import { RID, refusal, TOKEN_CANARY } from './stand-in.js';

const PATH = '/wxa/business/something';

describe('a call in the name of an app', () => {
  let scene: Scene;
  let caller: Caller;
  beforeEach(async () => {
    scene = await openScene();
    caller = await scene.caller();
  });
  afterEach(() => scene.close());

  const forcesAsked = () => scene.apis.tokenRequests.map(({ force }) => force);

  test('is a GET with its query, and gives the fields of the answer', async () => {
    scene.apis.onCall = () => ({ unionid: 'u', list: [1] });
    const query = { openid: 'alice', signature: 'a+b/c=' };
    expect(await caller.call(app, { path: '/wxa/getpaidunionid', query })).toEqual({ unionid: 'u', list: [1] });
    const token = `${TOKEN_CANARY}-wxone-1`;
    expect(scene.apis.calls).toEqual([{ method: 'GET', path: '/wxa/getpaidunionid', query, token, body: null }]);
  });

  test('is a POST of JSON when it has a body', async () => {
    const body = { content: '你好 "x"', list: [1, { a: null }] };
    expect(await caller.call(app, { path: PATH, query: { a: '1' }, body })).toEqual({ errcode: 0, errmsg: 'ok' });
    expect(scene.apis.calls).toMatchObject([{ method: 'POST', query: { a: '1' }, body }]);
  });

  test('has the token of its app', async () => {
    await Promise.all([caller.call(app, { path: PATH }), caller.call(otherApp, { path: PATH })]);
    const tokens = scene.apis.calls.map(({ token }) => token.replace(/-\d+$/, ''));
    expect(tokens.sort()).toEqual([`${TOKEN_CANARY}-wxone`, `${TOKEN_CANARY}-wxtwo`]);
  });

  test.each([40001, 40014, 42001])(
    'is made once more with another token when %d refuses the first',
    async (errcode) => {
      await caller.call(app, { path: PATH });
      scene.apis.revoke('wxone');
      scene.apis.onCall = ({ token }) => (token.endsWith('-1') ? refusal(errcode) : { done: true });
      expect(await caller.call(app, { path: PATH, body: { a: 1 } })).toEqual({ done: true });
      expect(scene.apis.calls.map(({ token }) => token.at(-1))).toEqual(['1', '1', '2']);
      expect(scene.apis.calls.at(-1)).toMatchObject({ body: { a: 1 } });
      expect(forcesAsked()).toEqual([false, false]);
    },
  );

  test('whose token is refused for ever costs two calls and two token requests', async () => {
    await caller.accessTokens.get(app);
    scene.apis.tokenRequests.length = 0;
    scene.apis.onCall = ({ token }) => refusal(40001, `invalid credential ${token}`);
    const error = await failureOf(caller.call(app, { path: PATH }));
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', alarm: true, errcode: 40001, rid: RID });
    expect(scene.apis.calls).toHaveLength(2);
    expect(forcesAsked()).toEqual([false, true]);
    // Nothing more can be done about it for a while: the call is made once, and WeChat asked for its token once.
    expect(await failureOf(caller.call(app, { path: PATH }))).toMatchObject({
      code: 'PLATFORM_UNAVAILABLE',
      alarm: true,
    });
    expect(await failureOf(caller.call(app, { path: PATH }))).toMatchObject({
      code: 'PLATFORM_UNAVAILABLE',
      alarm: true,
    });
    expect([scene.apis.calls.length, forcesAsked()]).toEqual([4, [false, true, false]]);
  });

  test('fails in none of many while the token is revoked in the middle of them, at the cost of one request', async () => {
    const count = rounds(60, 500);
    let served = 0;
    scene.apis.onCall = () => {
      served += 1;
      if (served === count / 2) scene.apis.revoke('wxone');
      return undefined;
    };
    await Promise.all(Array.from({ length: count }, () => caller.call(app, { path: PATH })));
    expect(served).toBe(count);
    expect(forcesAsked()).toEqual([false, false]);
  });

  test.each([-1, 45009, 40013, 12345])('that WeChat answers with %d is not made again', async (errcode) => {
    scene.apis.onCall = () => refusal(errcode);
    await failureOf(caller.call(app, { path: PATH }));
    expect(scene.apis.calls).toHaveLength(1);
  });

  test('that WeChat does not answer well is not made again', async () => {
    scene.apis.onCall = (_call, response) => {
      response.writeHead(502).end('<html>');
      return undefined;
    };
    const error = await failureOf(caller.call(app, { path: PATH }));
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', log: { kind: 'status', httpStatus: 502 } });
    expect(scene.apis.calls).toHaveLength(1);
  });

  test('ends at its deadline, which is over the token, too', async () => {
    const released = deferred<undefined>();
    scene.apis.onTokenRequest = () => released.promise;
    const took = startOwnTime();
    const early = await failureOf(caller.call(app, { path: PATH, timeoutMs: 60 }));
    expect(early).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', log: { kind: 'timeout' } });
    released.resolve(undefined);
    const answered = deferred<undefined>();
    scene.apis.onCall = () => answered.promise;
    const late = await failureOf(caller.call(app, { path: PATH, timeoutMs: 150 }));
    expect(late).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', log: { kind: 'timeout' } });
    // Long before WeChat is given up.
    expect(took()).toBeLessThan(4000);
    answered.resolve(undefined);
  });

  test('is refused at once while a thousand of its app are under way', async () => {
    const released = deferred<undefined>();
    scene.apis.onTokenRequest = () => released.promise;
    const calls = Array.from({ length: 1000 }, () => caller.call(app, { path: PATH }));
    const error = await failureOf(caller.call(app, { path: PATH }));
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', retryAfterSeconds: 1 });
    expect(error.log).toMatchObject({ kind: 'too many calls under way', appid: 'wxone' });
    scene.apis.secrets.set('wxone', 'another');
    released.resolve(undefined);
    expect(new Set((await Promise.allSettled(calls)).map(({ status }) => status))).toEqual(new Set(['rejected']));
    scene.apis.secrets.clear();
    scene.apis.onTokenRequest = null;
    expect(await caller.call(app, { path: PATH })).toMatchObject({ errcode: 0 });
  });

  test.each([
    ['no slash', { path: 'wxa/x' }],
    ['a query in the path', { path: '/wxa/x?openid=alice' }],
    ['another origin', { path: '@127.0.0.1:9/x' }],
    ['a way up', { path: '/wxa/../x' }],
    ['a line break', { path: '/wxa/x\n' }],
    ['a long path', { path: `/${'x'.repeat(129)}` }],
    ['a token of its own', { path: PATH, query: { access_token: 'x' } }],
    ['no time', { path: PATH, timeoutMs: 0 }],
  ])('with %s is a TypeError, and nothing is sent', async (_name, call) => {
    await expect(caller.call(app, call)).rejects.toThrow(TypeError);
    expect([scene.apis.calls.length, scene.apis.tokenRequests.length]).toEqual([0, 0]);
  });
});

describe('what WeChat answers to a call', () => {
  let scene: Scene;
  let caller: Caller;
  beforeAll(async () => {
    scene = await openScene();
    caller = await scene.caller();
  });
  afterAll(() => scene.close());

  const ours = { code: 'INTERNAL_SERVER_ERROR', alarm: false };
  const misconfigured = { code: 'INTERNAL_SERVER_ERROR', alarm: true };
  test.each([
    [-1, { code: 'PLATFORM_UNAVAILABLE', retryAfterSeconds: 5, alarm: false }],
    [40003, ours],
    [40013, misconfigured],
    [40029, { code: 'CODE_INVALID', reason: 'INVALID', alarm: false }],
    [40037, ours],
    [40066, misconfigured],
    [40129, ours],
    [40163, { code: 'CODE_INVALID', reason: 'USED', alarm: false }],
    [40164, misconfigured],
    [41001, misconfigured],
    [41030, ours],
    [43101, { code: 'FORBIDDEN', reason: 'NOT_SUBSCRIBED', alarm: false }],
    [43104, ours],
    [44002, ours],
    [45009, { code: 'RATE_LIMITED', retryAfterSeconds: 3600, alarm: false }],
    [45011, { code: 'RATE_LIMITED', retryAfterSeconds: 60, alarm: false }],
    [45047, { code: 'RATE_LIMITED', retryAfterSeconds: 60, alarm: false }],
    [47001, ours],
    [47003, { code: 'BAD_USER_INPUT', reason: 'TEMPLATE_DATA', alarm: false }],
    [48001, misconfigured],
    [61010, { code: 'FORBIDDEN', reason: 'NOT_RECENT', alarm: false }],
    [87008, ours],
    [87014, { code: 'PLATFORM_UNAVAILABLE', retryAfterSeconds: 5, alarm: false }],
    [12345, { code: 'PLATFORM_UNAVAILABLE', retryAfterSeconds: 5, alarm: false }],
  ])('%d, as a number or a string, is a WechatCallError that says it', async (errcode, expected) => {
    for (const sent of [errcode, String(errcode)]) {
      scene.apis.onCall = ({ token }) => ({ errcode: sent, errmsg: `what of ${token} canary-echo, rid: ${RID}` });
      const error = await failureOf(caller.call(app, { path: PATH, body: { text: 'canary-body' } }), 'canary-');
      expect(error).toBeInstanceOf(WechatCallError);
      expect(error).toMatchObject({ ...expected, errcode, rid: RID });
      expect(error.log).toMatchObject({
        platform: 'WECHAT',
        appid: 'wxone',
        path: PATH,
        kind: 'errcode',
        errcode,
        rid: RID,
      });
      expect(error.detail).toMatch(/^app wxone: .{10}/);
    }
  });
});
