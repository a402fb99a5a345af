import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { AppError, requireViewer } from '../../src/index.js';
import type { TestGateway } from '../support/test-gateway.js';
import { startWechatScene, type WechatScene } from '../support/wechat-scene.js';

// wafer2-client-sdk@2.1.0 as npm has it, on a phone whose wx.request is real HTTP. What is expected is what its own code does:
// it stores `data.data` of a login, sends `skey` of that, and logs in and sends again, once, for -1 and for 401.

interface WxResponse {
  readonly statusCode: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  readonly data: any;
}

interface WxRequest {
  readonly url: string;
  readonly method?: string;
  readonly header?: Record<string, string | undefined>;
  readonly data?: unknown;
  success(response: WxResponse): void;
  fail(error: unknown): void;
}

interface LoginOptions {
  readonly method?: string;
  success(userInfo: unknown): void;
  fail(error: Error): void;
}

interface WaferClient {
  setLoginUrl(url: string): void;
  login(options: LoginOptions): void;
  loginWithCode(options: LoginOptions): void;
  request(
    options: Omit<WxRequest, 'success' | 'fail'> & { login?: boolean } & Pick<WxRequest, 'success' | 'fail'>,
  ): void;
  clearSession(): void;
}

const SESSION = 'weapp_session_F2C224D4-2BCE-4C64-AF9F-A6D872000D1A';

let scene: WechatScene;
let gateway: TestGateway;
let url: string;
let wafer: WaferClient;
let person = 'alice';
/** What the phone did, in order: `login`, or the method and path of a request with the status of its answer. */
const did: string[] = [];
const storage = new Map<string, { skey: string }>();
/** Called before a request leaves the phone. */
let onRequest: (path: string) => Promise<unknown> = async () => undefined;

const skey = () => storage.get(SESSION)?.skey ?? null;

function remember(skey: unknown): void {
  if (typeof skey === 'string') (gateway.secrets as Set<string>).add(skey);
}

/** JSON unless the mini-program says otherwise, and parsed where it can be: as `wx.request` does it. */
async function fetchAsPhone({ url: target, method = 'GET', header = {}, data }: WxRequest): Promise<WxResponse> {
  const { pathname } = new URL(target);
  await onRequest(pathname);
  const given = Object.entries(header).filter(([, value]) => value !== undefined) as [string, string][];
  const headers = { 'content-type': 'application/json', ...Object.fromEntries(given) };
  const body = method === 'GET' ? null : data === undefined ? '' : JSON.stringify(data);
  const response = await fetch(target, { method, headers, body });
  did.push(`${method} ${pathname} ${response.status}`);
  const text = await response.text();
  try {
    return { statusCode: response.status, data: JSON.parse(text) };
  } catch {
    return { statusCode: response.status, data: text };
  }
}

const ignored = () => undefined;
const wx = {
  login: ({ success }: { success(result: { code: string }): void }) => {
    did.push('wx.login');
    success({ code: scene.simulator.code(person) });
  },
  getUserInfo: ({ success }: { success(result: object): void }) => {
    success({ ...scene.simulator.encrypt(person, 'userInfo'), userInfo: { nickName: '微信用户' } });
  },
  request: (options: WxRequest) => {
    fetchAsPhone(options).then(options.success, () => options.fail({ errMsg: 'request:fail' }));
  },
  getStorageSync: (key: string) => storage.get(key) ?? '',
  setStorageSync: (key: string, value: { skey: string }) => {
    remember(value.skey);
    storage.set(key, value);
  },
  removeStorageSync: (key: string) => storage.delete(key),
  ...{ onSocketOpen: ignored, onSocketClose: ignored, onSocketMessage: ignored, onSocketError: ignored },
};

function logIn(how: 'login' | 'loginWithCode', method = 'GET'): Promise<unknown> {
  return new Promise((success, fail) => wafer[how]({ method, success, fail }));
}

function request(path: string, options: { login?: boolean; method?: string; data?: unknown } = {}) {
  return new Promise<WxResponse>((success, fail) => wafer.request({ url: `${url}${path}`, ...options, success, fail }));
}

const query = (source: string) => ({ method: 'POST', data: { query: source } });

/** Somebody new picks up the phone. */
function newPerson(username: string): string {
  person = username;
  return scene.person(username).openid;
}

beforeAll(async () => {
  scene = await startWechatScene();
  gateway = await scene.gateway({ config: { wafer: true, port: 0, host: '127.0.0.1' } });
  gateway.running.app.get('/weapp/tea', async (request) => ({ code: 0, data: requireViewer(request).openid }));
  gateway.running.app.get('/weapp/never', async () => {
    throw new AppError('UNAUTHENTICATED');
  });
  ({ url } = await gateway.running.listen());
  Object.assign(globalThis, { wx });
  wafer = createRequire(import.meta.url)('wafer2-client-sdk') as WaferClient;
  wafer.setLoginUrl(`${url}/weapp/login`);
});

beforeEach(() => {
  person = 'alice';
  storage.clear();
  did.length = 0;
});

afterEach(() => {
  onRequest = async () => undefined;
  gateway.sessionFaults.clear();
  scene.simulator.fail(null);
});

afterAll(() => scene.close());

describe.each(['login', 'loginWithCode'] as const)('%s', (how) => {
  test.each(['GET', 'POST'])('stores a session and gives a profile, by %s', async (method) => {
    const openid = newPerson(`${how}-${method}`);
    const userInfo = await logIn(how, method);
    expect(userInfo).toMatchObject({ nickName: '微信用户', avatarUrl: expect.any(String) });
    // What only encrypted data says: it was opened with the key that this very wx.login had made.
    expect('gender' in (userInfo as object)).toBe(how === 'login');
    expect(storage.get(SESSION)).toEqual({ skey: expect.any(String), userinfo: userInfo, time: expect.any(Number) });
    expect((await gateway.viewer(skey())).body.data.viewer.openid).toBe(openid);
    expect(did).toEqual(['wx.login', `${method} /weapp/login 200`]);
  });

  test('fails in its own words when WeChat refuses, and stores nothing', async () => {
    person = 'mallory';
    const words = { login: /^响应错误，.*USER_BLOCKED/, loginWithCode: /^用户未登录过，请先使用 login\(\) 登录$/ };
    await expect(logIn(how)).rejects.toThrow(words[how]);
    expect(skey()).toBeNull();
    expect(did).toEqual(['wx.login', 'GET /weapp/login 403']);
  });

  test('fails while WeChat is away, and keeps the session there was', async () => {
    await logIn(how);
    const before = skey();
    scene.simulator.fail('html');
    await expect(logIn(how)).rejects.toThrow();
    expect([skey(), did.at(-1)]).toEqual([before, 'GET /weapp/login 503']);
    expect((await request('/weapp/user')).statusCode).toBe(200);
  });
});

describe('request', () => {
  test('sends the session along: to menjin, to GraphQL, and to a route of somebody’s own', async () => {
    const openid = newPerson('reader');
    await logIn('loginWithCode');
    did.length = 0;
    const user = await request('/weapp/user');
    expect(user.data).toEqual({ code: 0, data: { nickName: '微信用户', avatarUrl: '' } });
    const viewer = await request('/graphql', query('{ viewer { openid } }'));
    expect(viewer.data).toEqual({ data: { viewer: { openid } } });
    expect((await request('/weapp/tea')).data).toEqual({ code: 0, data: openid });
    expect(did).toEqual(['GET /weapp/user 200', 'POST /graphql 200', 'GET /weapp/tea 200']);
  });

  test('without a session logs in once and sends again', async () => {
    expect((await request('/weapp/user')).data.code).toBe(0);
    expect(did).toEqual(['GET /weapp/user 401', 'wx.login', 'GET /weapp/login 200', 'GET /weapp/user 200']);
  });

  test('with `login: true` logs in before', async () => {
    await logIn('loginWithCode');
    const before = skey();
    did.length = 0;
    expect((await request('/weapp/user', { login: true })).data.code).toBe(0);
    expect(did).toEqual(['wx.login', 'GET /weapp/login 200', 'GET /weapp/user 200']);
    expect(skey()).not.toBe(before);
  });

  const targets: [string, string, object][] = [
    ['menjin', '/weapp/user', {}],
    ['GraphQL', '/graphql', query('{ viewer { openid } }')],
    ['a route of its own', '/weapp/tea', {}],
  ];
  test.each(targets)('of a session that was ended logs in once and sends again, to %s', async (_, path, options) => {
    await logIn('loginWithCode');
    const ended = skey();
    await gateway.logout(ended);
    did.length = 0;
    expect((await request(path, options)).statusCode).toBe(200);
    const method = 'method' in options ? 'POST' : 'GET';
    const [refused, answered] = [`${method} ${path} 401`, `${method} ${path} 200`];
    expect(did).toEqual([refused, 'wx.login', 'GET /weapp/login 200', answered]);
    expect([null, ended]).not.toContain(skey());
  });

  test.each(targets)('keeps the session while the store is away, asking %s', async (_, path, options) => {
    await logIn('loginWithCode');
    const kept = skey();
    did.length = 0;
    gateway.sessionFaults.always('get', 'fail before');
    const { statusCode, data } = await request(path, options);
    expect(statusCode).toBe(503);
    expect(data.code).not.toBe(-1);
    expect([skey(), did.length]).toEqual([kept, 1]);
    gateway.sessionFaults.clear();
    expect((await request(path, options)).statusCode).toBe(200);
    expect([skey(), did.includes('wx.login')]).toEqual([kept, false]);
  });

  test('gives up when it is refused again, and says as what', async () => {
    await logIn('loginWithCode');
    did.length = 0;
    onRequest = async (path) => {
      if (path === '/weapp/user') await gateway.logout(skey());
    };
    await expect(request('/weapp/user')).rejects.toMatchObject({ type: 'ERR_SKEY_INVALID', message: '登录态已过期' });
    expect(did).toEqual(['GET /weapp/user 401', 'wx.login', 'GET /weapp/login 200', 'GET /weapp/user 401']);
    await expect(request('/weapp/never')).rejects.toMatchObject({ message: '登录态已过期' });
  });

  test('of somebody who is blocked by then ends with the login that is refused', async () => {
    await logIn('loginWithCode');
    await gateway.logout(skey());
    person = 'mallory';
    did.length = 0;
    await expect(request('/weapp/user')).rejects.toThrow('用户未登录过，请先使用 login() 登录');
    expect(did).toEqual(['GET /weapp/user 401', 'wx.login', 'GET /weapp/login 403']);
  });
});
