import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { InjectOptions } from 'fastify';
import { AppError } from '../../src/errors.js';
import type { SealedOpenData } from '../../src/simulator/index.js';
import { createFastHasher } from '../support/fast-hasher.js';
import { type Answer, APP_SECRET, APPID, searchForSecrets, type TestGateway } from '../support/test-gateway.js';
import { startWechatScene, type WechatScene } from '../support/wechat-scene.js';

const OTHER_APP = { appid: 'wxtest0000000002', secret: APP_SECRET };
const DEAD = `mj_${'x'.repeat(43)}`;
/** What wafer2's own server gave out. */
const OLD_SKEY = '0123456789abcdef0123456789abcdef01234567';
const NAMELESS = { nickName: '微信用户', avatarUrl: '' };

let scene: WechatScene;
let gateway: TestGateway;
/** One without WAFER. */
let closed: TestGateway;

beforeAll(async () => {
  scene = await startWechatScene({ otherApps: [OTHER_APP] });
  gateway = await scene.gateway({
    config: { wafer: true },
    own: { hooks: { onLogin: ({ device }) => device !== 'unwanted' } },
    seams: { passwordHasher: createFastHasher() },
  });
  closed = await scene.gateway({ seams: { passwordHasher: createFastHasher() } });
  const { app } = gateway.running;
  app.get('/weapp/orders', async ({ viewer }) => ({ openid: viewer?.openid ?? null }));
  app.get('/orders', async ({ viewer }) => ({ openid: viewer?.openid ?? null }));
});

afterEach(() => {
  gateway.sessionFaults.clear();
  gateway.sqlFaults.clear();
  scene.simulator.fail(null);
});

afterAll(() => scene.close());

interface Sent {
  readonly headers?: Record<string, string>;
  readonly at?: TestGateway;
  readonly more?: InjectOptions;
}

/** Searched for secrets; a refusal has left one line in the log. */
async function send(url: string, { headers = {}, at = gateway, more = {} }: Sent = {}): Promise<Answer> {
  const secrets = at.secrets as Set<string>;
  for (const [name, value] of Object.entries(headers)) {
    if (/code|skey|data/.test(name) && value.length >= 16) secrets.add(value);
  }
  const response = await at.running.app.inject({ method: 'GET', url, headers, ...more });
  const body = response.json();
  const skey: unknown = body.data?.skey;
  searchForSecrets('an answer', response.body.replaceAll(String(skey), ''), secrets);
  if (typeof skey === 'string') secrets.add(skey);
  const code: unknown = body.error ?? body.errors?.[0].extensions.code;
  if (code !== undefined) {
    const lines = at.logLines.filter((line) => line.requestId === response.headers['x-request-id']);
    expect(lines).toEqual([
      expect.objectContaining({
        code: expect.any(String),
        causeClass: expect.any(String),
        status: response.statusCode,
      }),
    ]);
  }
  return { status: response.statusCode, headers: response.headers, body, code: (code as string) ?? null };
}

function phone(username: string, { appid = APPID } = {}): Record<string, string> {
  return { 'x-wx-code': scene.simulator.code(username, { appid }) };
}

/** What `wx.getUserInfo` hands over, as the client sends it on. */
function sealed({ encryptedData, iv }: SealedOpenData): Record<string, string> {
  return { 'x-wx-encrypted-data': encryptedData, 'x-wx-iv': iv };
}

async function skeyOf(username: string, headers = {}): Promise<string> {
  const { body } = await send('/weapp/login', { headers: { ...phone(username), ...headers } });
  return body.data.skey;
}

const refusal = (status: number, code: number, error: string) => ({
  status,
  body: { code, error, message: expect.any(String) },
});

describe('without WAFER', () => {
  test.each(['/weapp/login', '/weapp/user'])('there is no %s', async (url) => {
    expect(await send(url, { headers: phone('alice'), at: closed })).toMatchObject({
      status: 404,
      body: { errors: [{ extensions: { code: 'NOT_FOUND' } }] },
    });
  });

  test('X-WX-Skey is no token', async () => {
    const token = await closed.tokenFor(scene.simulator.code('alice'));
    const { body } = await closed.graphql('{ viewer { openid } }', { headers: { 'x-wx-skey': token } });
    expect(body).toEqual({ data: { viewer: null } });
  });
});

describe('/weapp/login', () => {
  test('trades a code for a token of ours, a profile and the time', async () => {
    const { openid } = scene.person('ann');
    const { status, headers, body } = await send('/weapp/login', { headers: phone('ann') });
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-request-id': expect.any(String) });
    const time = Math.floor(scene.clock.now() / 1000);
    expect(body).toEqual({ code: 0, data: { skey: expect.stringMatching(/^mj_/), userinfo: NAMELESS, time } });
    const viewer = await gateway.viewer(body.data.skey);
    expect(viewer.body.data.viewer).toMatchObject({ openid, session: { id: expect.any(String) } });
    const lines = gateway.logLines.filter((line) => line.requestId === headers['x-request-id']);
    expect(lines).toEqual([expect.objectContaining({ msg: 'login', outcome: 'new_user', appid: APPID })]);
  });

  const bodies: [string, InjectOptions][] = [
    ['without one', {}],
    ['that is empty and called JSON', { headers: { 'content-type': 'application/json' }, payload: '' }],
    ['that is JSON', { payload: { ignored: true } }],
    ['that is a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'a=b' }],
  ];
  test.each(bodies)('may be a POST, whatever its body: %s', async (_, { headers = {}, payload }) => {
    const more = { method: 'POST', payload } as InjectOptions;
    const { status } = await send('/weapp/login', { headers: { ...phone('alice'), ...(headers as object) }, more });
    expect(status).toBe(200);
  });

  test('counts and is counted as any other login', async () => {
    const count = async (outcome: string) => {
      const text = await gateway.running.metricsText();
      const line = `menjin_logins_total{platform="WECHAT",outcome="${outcome}"} `;
      return Number(text.split(line)[1]?.split('\n', 1)[0] ?? 0);
    };
    await skeyOf('alice');
    const [known, invalid] = [await count('known_user'), await count('CODE_INVALID')];
    await skeyOf('alice');
    await send('/weapp/login', { headers: { 'x-wx-code': 'a-code-never-issued' } });
    expect([await count('known_user'), await count('CODE_INVALID')]).toEqual([known + 1, invalid + 1]);
    const limited = await scene.gateway({ config: { wafer: true, loginLimitPerIp: { count: 1, windowSeconds: 60 } } });
    await limited.login(scene.simulator.code('alice'));
    const answer = await send('/weapp/login', { headers: phone('alice'), at: limited });
    expect(answer).toMatchObject(refusal(429, 5, 'RATE_LIMITED'));
    expect(answer.headers['retry-after']).toBe(String(answer.body.retryAfterSeconds));
  });

  test('ends the session of the token that it carries, in either header', async () => {
    const bySkey = await skeyOf('bob');
    const byBearer = await skeyOf('bob', { 'x-wx-skey': bySkey });
    const last = await skeyOf('bob', { authorization: `Bearer ${byBearer}`, 'x-wx-skey': DEAD });
    expect((await gateway.viewer(bySkey)).code).toBe('UNAUTHENTICATED');
    expect((await gateway.viewer(byBearer)).code).toBe('UNAUTHENTICATED');
    expect((await gateway.viewer(last)).code).toBeNull();
  });

  test('keeps where it came from', async () => {
    const skey = await skeyOf('bob', { 'user-agent': 'MicroMessenger/8' });
    const { body } = await gateway.graphql('{ viewer { session { ip device } } }', { token: skey });
    expect(body.data.viewer.session).toEqual({ ip: '127.0.0.1', device: 'MicroMessenger/8' });
  });
});

describe('of several apps', () => {
  const apps = [{ appid: APPID }, OTHER_APP].map(
    ({ appid }) => ({ platform: 'WECHAT', appid, secrets: [APP_SECRET], tenant: 'default' }) as const,
  );

  test('the URL names one', async () => {
    const at = await scene.gateway({ config: { wafer: true, apps } });
    const { appid } = OTHER_APP;
    const headers = phone('alice', { appid });
    const unnamed = await send('/weapp/login', { headers, at });
    expect(unnamed).toMatchObject(refusal(400, 1, 'ERR_REQUEST_PARAM'));
    expect(unnamed.body.message).toBe('The query parameter appid is needed: this deployment has more than one app.');
    expect(await send('/weapp/login?appid=wxnone', { headers, at })).toMatchObject(refusal(400, 1, 'UNKNOWN_APP'));
    const { body } = await send(`/weapp/login?appid=${appid}`, { headers, at });
    expect((await at.graphql('{ viewer { appid } }', { token: body.data.skey })).body.data.viewer).toEqual({ appid });
  });
});

describe('the profile', () => {
  const WRITTEN = { nickName: 'Ann of WeChat', avatarUrl: 'https://wx.qlogo.cn/ann', gender: 2, city: 'Guangzhou' };
  const told = { ...WRITTEN, language: 'zh_CN', province: 'Guangdong', country: 'China' };
  const seal = (username: string, payload: object = told, options: { timestamp?: number } = {}) => {
    const { openid } = scene.simulator.users.find((user) => user.username === username) ?? {};
    return sealed(scene.simulator.encrypt(username, { openId: openid, ...payload }, options));
  };
  const profileOf = async (headers: Record<string, string>) => {
    const { body } = await send('/weapp/login', { headers });
    scene.untold.add(told.nickName);
    return body.data.userinfo;
  };

  test('is what WeChat has encrypted under the key of this login, without the openid', async () => {
    scene.person('cleo');
    const code = phone('cleo');
    expect(await profileOf({ ...code, ...seal('cleo') })).toEqual(told);
    expect(await profileOf({ ...phone('cleo'), ...seal('cleo', WRITTEN) })).toEqual(WRITTEN);
  });

  test('is what it has encrypted under the key before', async () => {
    scene.person('dora');
    await skeyOf('dora');
    const before = seal('dora');
    expect(await profileOf({ ...phone('dora'), ...before })).toEqual(told);
    expect(await profileOf({ ...phone('dora'), ...before })).toEqual(NAMELESS);
  });

  const unverified: [string, () => Record<string, string>][] = [
    ['of another person', () => seal('alice')],
    ['of no key', () => ({ 'x-wx-encrypted-data': 'AAAAAAAAAAAAAAAAAAAAAA==', 'x-wx-iv': 'AAAAAAAAAAAAAAAAAAAAAA==' })],
    ['of no form', () => ({ 'x-wx-encrypted-data': 'undefined', 'x-wx-iv': 'undefined' })],
    ['without its iv', () => ({ 'x-wx-encrypted-data': seal('eve')['x-wx-encrypted-data'] ?? '' })],
    ['of another kind', () => sealed(scene.simulator.encrypt('eve', 'runData'))],
    ['that is too old', () => seal('eve', told, { timestamp: Math.floor(scene.clock.now() / 1000) - 301 })],
  ];
  test.each(unverified)('takes nothing from data %s, and the login stands', async (_, headers) => {
    if (scene.simulator.users.every(({ username }) => username !== 'eve')) scene.person('eve');
    const code = phone('eve');
    expect(await profileOf({ ...code, ...headers() })).toEqual(NAMELESS);
  });

  test('says in the log why data was not taken', async () => {
    const { headers } = await send('/weapp/login', { headers: { ...phone('alice'), ...seal('bob') } });
    const lines = gateway.logLines.filter((line) => line.requestId === headers['x-request-id']);
    expect(lines).toEqual([
      expect.objectContaining({ msg: 'login' }),
      expect.objectContaining({ code: 'OPEN_DATA_REFUSED', part: 'open data', current: expect.any(String) }),
    ]);
  });

  test('is first of all what the person has typed', async () => {
    scene.person('fay');
    const token = await skeyOf('fay');
    await gateway.graphql('mutation { updateProfile(input: { nickname: "Fay" }) { viewer { openid } } }', { token });
    const code = phone('fay');
    expect(await profileOf({ ...code, ...seal('fay') })).toEqual({ ...told, nickName: 'Fay' });
    const headers = { 'x-wx-skey': token };
    expect((await send('/weapp/user', { headers })).body).toEqual({ code: 0, data: { ...NAMELESS, nickName: 'Fay' } });
  });

  test('is nobody in particular when the database is away by then, and the login stands', async () => {
    scene.person('gil');
    await skeyOf('gil');
    gateway.sqlFaults.calls.length = 0;
    await skeyOf('gil');
    const { length } = gateway.sqlFaults.calls.filter((call) => call === 'query');
    const [pass, fail] = ['pass', 'fail before'] as const;
    // The last query of a login without data is that for the profile.
    gateway.sqlFaults.plan('query', ...Array.from({ length: length - 1 }, () => pass), fail, fail);
    const { status, headers, body } = await send('/weapp/login', { headers: { ...phone('gil'), ...seal('gil') } });
    expect([status, body.data.userinfo]).toEqual([200, NAMELESS]);
    expect((await gateway.viewer(body.data.skey)).code).toBeNull();
    const lines = gateway.logLines.filter((line) => line.requestId === headers['x-request-id']);
    expect(lines.map(({ msg, part }) => [msg, part]).sort()).toEqual([
      ['login', undefined],
      ['unavailable', 'open data'],
      ['unavailable', 'profile'],
    ]);
  });
});

describe('a login that is refused', () => {
  test('without X-WX-Code says what ERR_REQUEST_PARAM means', async () => {
    for (const headers of [{}, { 'x-wx-code': '' }, { 'x-wx-skey': DEAD }]) {
      const answer = await send('/weapp/login', { headers });
      expect(answer).toMatchObject(refusal(400, 1, 'ERR_REQUEST_PARAM'));
      expect(answer.body.message).toMatch(/^The header X-WX-Code is missing: .*wx\.login/);
    }
  });

  test('for the form of its code says so, and not what it was', async () => {
    const { body } = await send('/weapp/login', { headers: { 'x-wx-code': 'a code of blanks' } });
    expect(body).toMatchObject({ code: 1, error: 'ERR_REQUEST_PARAM' });
    expect(body.message).toMatch(/^The header X-WX-Code is what wx\.login gave/);
  });

  test('for its code is 401', async () => {
    const headers = phone('alice');
    await send('/weapp/login', { headers });
    expect(await send('/weapp/login', { headers })).toMatchObject(refusal(401, 3, 'CODE_INVALID'));
  });

  test('for who it is of is 403: another code changes nothing', async () => {
    expect(await send('/weapp/login', { headers: phone('mallory') })).toMatchObject(refusal(403, 4, 'USER_BLOCKED'));
    const unwanted = await send('/weapp/login', { headers: { ...phone('alice'), 'user-agent': 'unwanted' } });
    expect(unwanted).toMatchObject(refusal(403, 4, 'FORBIDDEN'));
  });

  test('by an outage is 503 and says when to come back, whichever it is', async () => {
    const outages: [string, () => void][] = [
      ['PLATFORM_UNAVAILABLE', () => scene.simulator.fail('html')],
      ['SERVICE_UNAVAILABLE', () => gateway.sessionFaults.always('set', 'fail before')],
      ['SERVICE_UNAVAILABLE', () => gateway.sqlFaults.always('transaction', 'fail before')],
    ];
    for (const [error, begin] of outages) {
      const headers = phone('alice');
      begin();
      const answer = await send('/weapp/login', { headers });
      expect(answer).toMatchObject(refusal(503, 2, error));
      expect(Number(answer.headers['retry-after'])).toBe(answer.body.retryAfterSeconds);
      expect(answer.body.retryAfterSeconds).toBeGreaterThan(0);
      for (const faults of [gateway.sessionFaults, gateway.sqlFaults]) faults.clear();
      scene.simulator.fail(null);
    }
  });

  test('by a failure of ours is 500 with the name of the request', async () => {
    const headers = phone('alice');
    scene.simulator.fail(40125);
    const answer = await send('/weapp/login', { headers });
    expect(answer).toMatchObject(refusal(500, 6, 'INTERNAL_SERVER_ERROR'));
    expect(answer.body.requestId).toBe(answer.headers['x-request-id']);
  });
});

describe('/weapp/user', () => {
  test('is the profile of whose skey it is, by GET and by POST', async () => {
    const headers = { 'x-wx-skey': await skeyOf('alice') };
    const answer = { status: 200, body: { code: 0, data: NAMELESS } };
    expect(await send('/weapp/user', { headers })).toMatchObject(answer);
    expect(await send('/weapp/user', { headers, more: { method: 'POST', payload: '' } })).toMatchObject(answer);
  });

  const refused: [string, Record<string, string>][] = [
    ['no skey', {}],
    ['an empty one', { 'x-wx-skey': '' }],
    ['one of no session', { 'x-wx-skey': DEAD }],
    ["one of wafer2's own server", { 'x-wx-skey': OLD_SKEY }],
  ];
  test.each(refused)('is refused %s, so that its client logs in again', async (_, headers) => {
    expect(await send('/weapp/user', { headers })).toMatchObject(refusal(401, -1, 'ERR_SKEY_INVALID'));
  });

  test('is refused two at once', async () => {
    const skey = await skeyOf('alice');
    const { body } = await send('/weapp/user', { headers: { 'x-wx-skey': `${skey}, ${skey}` } });
    expect(body.error).toBe('ERR_SKEY_INVALID');
  });

  test.each(['get', 'query'])('is 503 while a store is away (%s), so that its client keeps the skey', async (call) => {
    const headers = { 'x-wx-skey': await skeyOf('alice') };
    (call === 'get' ? gateway.sessionFaults : gateway.sqlFaults).always(call, 'fail before');
    const answer = await send('/weapp/user', { headers });
    expect(answer).toMatchObject(refusal(503, 2, 'SERVICE_UNAVAILABLE'));
    expect([answer.headers['retry-after'], answer.body.retryAfterSeconds]).toEqual(['1', 1]);
    gateway.sessionFaults.clear();
    gateway.sqlFaults.clear();
    expect((await send('/weapp/user', { headers })).status).toBe(200);
  });
});

describe('X-WX-Skey', () => {
  const viewerOf = async (headers: Record<string, string>) => {
    const { body, code } = await gateway.graphql('{ viewer { openid } }', { headers });
    return code ?? body.data.viewer?.openid ?? null;
  };

  test('is the token of a request to /graphql, unless Authorization has one', async () => {
    const [ann, bob] = [scene.person('wafer-ann'), scene.person('wafer-bob')];
    const [skey, token] = [await skeyOf('wafer-ann'), await skeyOf('wafer-bob')];
    expect(await viewerOf({ 'x-wx-skey': skey })).toBe(ann.openid);
    expect(await viewerOf({ 'x-wx-skey': skey, authorization: '' })).toBe(ann.openid);
    expect(await viewerOf({ 'x-wx-skey': skey, authorization: `Bearer ${token}` })).toBe(bob.openid);
    expect(await viewerOf({ 'x-wx-skey': skey, authorization: 'Bearer' })).toBe('UNAUTHENTICATED');
    expect(await viewerOf({ 'x-wx-skey': DEAD })).toBe('UNAUTHENTICATED');
    expect(await viewerOf({ 'x-wx-skey': '' })).toBeNull();
  });

  test("is that of a request to somebody's own route below /weapp, and to no other", async () => {
    const { openid } = scene.person('wafer-cat');
    const headers = { 'x-wx-skey': await skeyOf('wafer-cat') };
    expect((await send('/weapp/orders', { headers })).body).toEqual({ openid });
    expect((await send('/orders', { headers })).body).toEqual({ openid: null });
    expect((await send('/weapp/orders', { headers: { 'x-wx-skey': DEAD } })).status).toBe(401);
  });
});

describe("HTTP's own refusals of these routes", () => {
  test('have their shape', async () => {
    const tooLarge = await send('/weapp/login', {
      headers: phone('alice'),
      more: { method: 'POST', payload: 'x'.repeat(70_000) },
    });
    expect(tooLarge).toMatchObject(refusal(413, 1, 'BAD_REQUEST'));
    const headers = { ...phone('alice'), host: 'a b' };
    expect(await send('/weapp/login', { headers })).toMatchObject(refusal(400, 1, 'BAD_REQUEST'));
  });

  test('are those of every path where no route took the request', async () => {
    const { status, headers, body } = await send('/weapp/login', { more: { method: 'PUT' } });
    expect([status, headers.allow, body.errors[0].extensions.code]).toEqual([405, 'GET, POST', 'BAD_REQUEST']);
  });
});

test("a hook of somebody's whole app runs for these routes, too", async () => {
  const seen: string[] = [];
  const at = await scene.gateway({ config: { wafer: true } });
  at.running.app.addHook('onRequest', async ({ url }) => void seen.push(url));
  at.running.app.addHook('preHandler', async () => {
    throw new AppError('INTERNAL_SERVER_ERROR');
  });
  const { status, headers, body } = await send('/weapp/user', { at });
  expect(seen).toEqual(['/weapp/user']);
  expect({ status, body }).toEqual({
    status: 500,
    body: { code: 6, error: 'INTERNAL_SERVER_ERROR', message: expect.any(String), requestId: headers['x-request-id'] },
  });
});
