import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { describeWithService } from '../../servers/describe-with-service.js';
import type { LocalServer } from '../../servers/local-server.js';
import { startRedis } from '../../servers/redis.js';
import { hold } from '../../support/faults.js';
import { refusal } from './phone.js';
import { codeOfFailure, openPhoneScene, type PhoneScene } from './scene.js';

const MANY = 50;
const RENAME = 'mutation { updateProfile(input: { nickname: "Al" }) { viewer { appid } } }';

let scene: PhoneScene;

beforeAll(async () => {
  scene = await openPhoneScene();
});

afterAll(() => scene?.close());

afterEach(() => scene.gateway.sessionFaults.clear());

const times = <T>(count: number, work: () => Promise<T>) => Promise.all(Array.from({ length: count }, work));

function breakStore(): void {
  scene.gateway.sessionFaults.always('get', 'fail before');
}

function mendStore(): void {
  scene.gateway.sessionFaults.always('get', 'pass');
}

describe('while the store of sessions is away', () => {
  test('nobody logs in, the token is kept, and it is told', async () => {
    const { phone, client } = scene.pickUp();
    await client.login();
    const token = scene.tokenOn(phone);
    breakStore();
    const failures = await times(MANY, () => codeOfFailure(client.viewer()));
    expect(new Set(failures)).toEqual(new Set(['SERVICE_UNAVAILABLE']));
    expect([phone.logins, scene.tokenOn(phone)]).toEqual([1, token]);
    expect(phone.ofKind('request')).toHaveLength(3 * MANY);
    mendStore();
    await client.viewer();
    expect(phone.logins).toBe(1);
  });

  test('requests wait as they are told, and are answered when it is back', async () => {
    const { phone, client, clock } = scene.pickUp();
    await client.login();
    breakStore();
    clock.onWait = () => {
      if (clock.waits.length === MANY) mendStore();
    };
    expect(await times(MANY, () => client.viewer())).toHaveLength(MANY);
    expect(phone.logins).toBe(1);
    expect(Math.min(...clock.waits)).toBeGreaterThanOrEqual(1000);
    expect(Math.max(...clock.waits)).toBeLessThanOrEqual(1500);
    // Not all at once.
    expect(new Set(clock.waits).size).toBeGreaterThan(MANY / 2);
  });

  test('mutations that were not run are sent again', async () => {
    const { phone, client, clock } = scene.pickUp();
    await client.login();
    breakStore();
    clock.onWait = mendStore;
    await client.request(RENAME);
    expect(phone.ofKind('request')).toHaveLength(2);
  });
});

describeWithService('redis', 'while Redis is stopped', () => {
  let redis: LocalServer;
  let onRedis: PhoneScene;

  beforeAll(async () => {
    redis = await startRedis();
    onRedis = await openPhoneScene({}, { sessionStoreUrl: { kind: 'redis', url: redis.url } });
    await gatewayAnswers();
  });

  afterAll(async () => {
    redis?.thaw();
    await onRedis?.close();
    await redis?.stop();
  });

  /** The gateway finds out by itself that Redis is there. */
  async function gatewayAnswers(): Promise<void> {
    const giveUpAt = performance.now() + 30_000;
    const isReady = async () => {
      const { body } = await onRedis.gateway.running.app.inject({ url: '/readyz' });
      return JSON.parse(body).status === 'ready';
    };
    while (!(await isReady())) {
      if (performance.now() > giveUpAt) throw new Error('the gateway does not answer');
      await sleep(10);
    }
  }

  test('50 requests wait with their token, nobody logs in, and all are answered when it goes on', async () => {
    const { phone, client, clock } = onRedis.pickUp();
    await client.login();
    const token = onRedis.tokenOn(phone);
    clock.stand();
    const allWait = new Promise<void>((resolve) => {
      clock.onWait = () => clock.waits.length === MANY && resolve();
    });
    redis.freeze();
    const answers = times(MANY, () => client.viewer());
    await allWait;
    redis.thaw();
    await gatewayAnswers();
    await clock.advance(10_000);
    expect(await answers).toHaveLength(MANY);
    expect([phone.logins, onRedis.tokenOn(phone)]).toEqual([1, token]);
  });

  test('for longer than anybody waits, 50 requests are told so, and the token stays', async () => {
    const { phone, client } = onRedis.pickUp('bob');
    await client.login();
    const token = onRedis.tokenOn(phone);
    redis.freeze();
    const failures = await times(MANY, () => codeOfFailure(client.viewer()));
    expect(new Set(failures)).toEqual(new Set(['SERVICE_UNAVAILABLE']));
    redis.thaw();
    await gatewayAnswers();
    await client.viewer();
    expect([phone.logins, onRedis.tokenOn(phone)]).toEqual([1, token]);
  });
});

describe('an outage', () => {
  test.each([502, 503, 504, 500])('that something in between tells with HTTP %i is no refusal', async (statusCode) => {
    const { phone, client } = scene.pickUp();
    await client.login();
    phone.plan('request', { statusCode, data: '<html>nginx</html>' }, { statusCode, data: { error: 'gone' } });
    await client.viewer();
    expect([phone.logins, phone.ofKind('request').length]).toEqual([1, 3]);
  });

  test('is no answer to a mutation, which may have run', async () => {
    const { phone, client } = scene.pickUp();
    phone.plan('request', { statusCode: 502, data: '', header: { 'retry-after': '7' } });
    const failure = await client.request(RENAME).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 7, data: null, errors: [] });
    expect(phone.ofKind('request')).toHaveLength(1);
  });

  test('of the login is one, too', async () => {
    const { phone, client } = scene.pickUp();
    phone.plan('login', { statusCode: 502, data: '' });
    await client.viewer();
    expect([phone.logins, phone.ofKind('login').length]).toEqual([1, 2]);
  });

  test('is waited for three times and half a minute at most', async () => {
    const { phone, client, clock } = scene.pickUp();
    phone.plan('request', refusal('RATE_LIMITED', { retryAfterSeconds: 31 }));
    expect(await codeOfFailure(client.viewer())).toBe('RATE_LIMITED');
    expect(clock.waits).toEqual([]);
    phone.always('request', { statusCode: 429, data: '', header: { 'Retry-After': '3' } });
    expect(await codeOfFailure(client.viewer())).toBe('RATE_LIMITED');
    expect(phone.ofKind('request')).toHaveLength(1 + 3);
    expect(clock.waits).toHaveLength(2);
    for (const ms of clock.waits) expect(ms).toBeGreaterThanOrEqual(3000);
  });

  test('of a platform is waited for by a query; a mutation may have used up a code that is in it', async () => {
    const { phone, client } = scene.pickUp();
    phone.plan('request', refusal('PLATFORM_UNAVAILABLE'));
    await client.viewer();
    phone.plan('request', refusal('PLATFORM_UNAVAILABLE', { retryAfterSeconds: 5 }));
    expect(await codeOfFailure(client.request(RENAME))).toBe('PLATFORM_UNAVAILABLE');
    expect(phone.ofKind('request')).toHaveLength(3);
  });
});

describe('a request that did not get through', () => {
  const says = (errMsg: string) => ({ errMsg: `request:fail ${errMsg}` });

  test.each([
    ['url not in domain list', 'DOMAIN_NOT_LISTED', /mp\.weixin\.qq\.com.*DevTools/],
    ['https://a.example 不在以下 request 合法域名列表中', 'DOMAIN_NOT_LISTED', /mp\.weixin\.qq\.com/],
    ['timeout', 'TIMEOUT', /timeout/],
    ['-118:net::ERR_CONNECTION_TIMED_OUT', 'TIMEOUT', /TIMED_OUT/],
    ['ssl hand shake error', 'NETWORK_ERROR', /certificate/],
    ['-105:net::ERR_NAME_NOT_RESOLVED', 'NETWORK_ERROR', /https/],
    ['abort', 'NETWORK_ERROR', /abort/],
  ])('because of "%s" is %s, and says what to do', async (errMsg, code, advice) => {
    const { phone, client } = scene.pickUp();
    await client.login();
    phone.plan('request', says(errMsg));
    const failure = await client.viewer().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(advice), requestId: null });
    expect((failure as Error).message).toContain(scene.url);
    expect(phone.ofKind('request')).toHaveLength(1);
    expect(phone.logins).toBe(1);
  });

  test('because the mini-program was in the background is sent once more, unless it is a mutation', async () => {
    const { phone, client } = scene.pickUp();
    await client.login();
    phone.plan('request', says('interrupted'));
    await client.viewer();
    phone.plan('request', says('interrupted'), says('interrupted'));
    expect(await codeOfFailure(client.viewer())).toBe('INTERRUPTED');
    phone.plan('request', says('interrupted'));
    expect(await codeOfFailure(client.request(RENAME))).toBe('INTERRUPTED');
    expect(phone.ofKind('request')).toHaveLength(2 + 2 + 1);
  });

  test('because nobody called back ends all the same, and makes room', async () => {
    const { phone, client } = scene.pickUp('alice', { timeoutMs: 40, storageKey: 'mine' });
    phone.storage.set('mine', 'a token');
    phone.plan('request', ...Array.from({ length: 10 }, () => hold('before')));
    phone.always('request', { statusCode: 200, data: '{"data":{"tea":"oolong"}}' });
    const failures = times(10, () => codeOfFailure(client.viewer()));
    const next = client.request('{ tea }');
    expect(new Set(await failures)).toEqual(new Set(['TIMEOUT']));
    expect(await next).toEqual({ tea: 'oolong' });
  });
});

describe('many requests', () => {
  test('are ten at once, and 200 that wait; one more is refused', async () => {
    const { phone, client } = scene.pickUp();
    await client.login();
    const requests = times(210, () => client.request('{ __typename }'));
    expect(await codeOfFailure(client.viewer())).toBe('QUEUE_FULL');
    expect(await requests).toHaveLength(210);
    expect(phone.mostAtOnce).toBe(10);
    await client.viewer();
  });
});

describe('a failure', () => {
  test('has what the gateway said, and the id of its log line', async () => {
    const { client } = scene.pickUp();
    const failure = await client.request('{ viewer { nonsense } }').catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'MenjinError',
      code: 'GRAPHQL_VALIDATION_FAILED',
      requestId: expect.stringMatching(/./),
      retryAfterSeconds: null,
      errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
    });
    expect(failure).toBeInstanceOf(Error);
  });

  test.each([
    ['a page', { statusCode: 200, data: '<html>log in to the Wi-Fi</html>' }],
    ['another API', { statusCode: 404, data: '{"error":"not here"}' }],
    ['nothing', { statusCode: 200, data: '' }],
    ['no data', { statusCode: 200, data: '{"data":null}' }],
    ['something parsed', { statusCode: 200, data: {} }],
  ])('is BAD_ANSWER where the answer is %s', async (_, answer) => {
    const { phone, client } = scene.pickUp();
    phone.always('request', answer);
    expect(await codeOfFailure(client.viewer())).toBe('BAD_ANSWER');
    expect([phone.logins, phone.ofKind('request').length]).toEqual([1, 1]);
  });

  test('without a code is UNKNOWN, and has its message', async () => {
    const { phone, client } = scene.pickUp();
    phone.always('request', { statusCode: 200, data: '{"data":null,"errors":[{"message":"out of tea"}]}' });
    await expect(client.viewer()).rejects.toMatchObject({ code: 'UNKNOWN', message: 'out of tea' });
  });

  test('of several is the one to act by', async () => {
    const { phone, client } = scene.pickUp();
    const errors = [
      { message: 'sold out', extensions: { code: 'SOLD_OUT' } },
      { message: 'who?', extensions: { code: 'UNAUTHENTICATED' } },
    ];
    phone.plan('request', { statusCode: 200, data: JSON.stringify({ data: { a: 1, b: null }, errors }) });
    await client.viewer();
    expect(phone.logins).toBe(2);
  });

  test('says so when the token is lost on the way', async () => {
    const { phone, client } = scene.pickUp();
    phone.plan('request', { statusCode: 200, data: '{"data":{"viewer":null}}' });
    await expect(client.viewer()).rejects.toMatchObject({ code: 'BAD_ANSWER', message: /Authorization/ });
  });
});
