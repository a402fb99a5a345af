import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AppError } from '../../src/errors.js';
import { createPlatforms } from '../../src/platforms/index.js';
import type { App } from '../../src/platforms/platform.js';
import { createWechat, type WechatOptions } from '../../src/platforms/wechat.js';
import { startOwnTime } from '../support/own-time.js';
import {
  answerJson,
  answerText,
  answerWith,
  type Behaviour,
  dribble,
  hang,
  RID,
  resetAfterRequest,
  type StandInWechat,
  sessionKeyOf,
  startStandInWechat,
} from '../support/stand-in-wechat.js';

const SECRET = 'canary-secret-51';
const NEW_SECRET = 'canary-secret-52';
const CODE = 'canary-code.1';
const SESSION_KEY = 'canaryBytesOfAKey0000w==';
const APPID = 'wx0123456789abcdef';

const app: App = { platform: 'WECHAT', appid: APPID, secrets: [SECRET], tenant: 'default' };

let upstream: StandInWechat;

beforeEach(async () => {
  upstream = await startStandInWechat();
});

afterEach(async () => {
  await upstream.close();
});

function wechat(options: Partial<WechatOptions> = {}) {
  return createWechat({ apiUrl: upstream.url, ...options });
}

/** Waits of no length, noted, on a clock that only they move. */
function waitsOnAClock() {
  const waitsMs: number[] = [];
  const clock = { ms: 0 };
  const wait = async (ms: number) => {
    waitsMs.push(ms);
    clock.ms += ms;
  };
  return { waitsMs, clock, options: { now: () => clock.ms, wait } };
}

async function failureOf(exchange: Promise<unknown>): Promise<AppError> {
  const error = await exchange.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw new Error('an AppError was expected');
  expectNoSecretIn(error);
  return error;
}

/** Nothing that a log, a debugger or a serializer can reach of an error may hold a secret. */
function expectNoSecretIn(error: AppError): void {
  const printed = [
    inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
    error.stack,
    JSON.stringify(error),
    JSON.stringify([error.message, error.detail, error.log, error.reason]),
  ].join('\n');
  for (const secret of [SECRET, NEW_SECRET, CODE, SESSION_KEY.slice(0, 10), upstream.url]) {
    expect(printed).not.toContain(secret);
  }
}

describe('a good answer', () => {
  test('gives openid and session_key, and asks WeChat once with the four parameters', async () => {
    expect(await wechat().exchange(app, 'alice.1')).toEqual({
      openid: 'alice',
      unionid: null,
      sessionKey: sessionKeyOf('alice', 1),
    });
    expect(upstream.calls).toEqual([
      { appid: APPID, secret: SECRET, code: 'alice.1', grantType: 'authorization_code', number: 1 },
    ]);
  });

  test('gives the unionid when there is one', async () => {
    expect(await wechat().exchange(app, 'u-bob.1')).toMatchObject({ openid: 'u-bob', unionid: 'union-u-bob' });
  });

  test('is found through the list of platforms', async () => {
    const platform = createPlatforms({ wechatApiUrl: `${upstream.url}/` }).get('WECHAT');
    expect(await platform?.exchange(app, 'alice.1')).toMatchObject({ openid: 'alice' });
  });

  test.each([
    ['errcode 0', { errcode: 0 }],
    ['errcode "0"', { errcode: '0' }],
    ['errcode 0 and an errmsg', { errcode: 0, errmsg: 'ok' }],
    ['the expires_in of old answers', { expires_in: 7200 }],
    ['a unionid of null', { unionid: null }],
    ['an empty unionid', { unionid: '' }],
    ['unknown fields', { constructor: { a: 1 }, is_limit: false }],
  ])('may carry %s', async (_name, extra) => {
    upstream.behaviour = answerJson({ ...extra, session_key: SESSION_KEY, openid: 'alice' });
    expect(await wechat().exchange(app, CODE)).toEqual({ openid: 'alice', unionid: null, sessionKey: SESSION_KEY });
  });

  test.each(['text/plain', 'text/html; charset=gbk', 'application/json'])('may be labelled %s', async (contentType) => {
    upstream.behaviour = answerText(JSON.stringify({ session_key: SESSION_KEY, openid: 'alice' }), contentType);
    expect(await wechat().exchange(app, CODE)).toMatchObject({ openid: 'alice' });
  });

  test('that repeats a key counts with the last one', async () => {
    upstream.behaviour = answerText(`{"openid":7,"session_key":"${SESSION_KEY}","openid":"alice"}`);
    expect(await wechat().exchange(app, CODE)).toMatchObject({ openid: 'alice' });
  });

  test('that comes after the deadline is dropped', async () => {
    const held: (() => void)[] = [];
    upstream.behaviour = (_call, response) => {
      held.push(() => response.end(JSON.stringify({ session_key: SESSION_KEY, openid: 'alice' })));
    };
    const error = await failureOf(wechat({ timeoutMs: 150 }).exchange(app, CODE));
    for (const answer of held) answer();
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', log: { kind: 'timeout' } });
    expect(upstream.calls).toHaveLength(1);
  });
});

const MISCONFIGURED = { code: 'INTERNAL_SERVER_ERROR', alarm: true };

const errcodes: readonly (readonly [number, object])[] = [
  [40029, { code: 'CODE_INVALID', reason: 'INVALID', alarm: false }],
  [40163, { code: 'CODE_INVALID', reason: 'USED', alarm: false }],
  [40226, { code: 'USER_BLOCKED', alarm: false }],
  [50002, { code: 'USER_BLOCKED', alarm: false }],
  [45011, { code: 'RATE_LIMITED', retryAfterSeconds: 60, alarm: false }],
  [40013, MISCONFIGURED],
  [40125, MISCONFIGURED],
  [40001, MISCONFIGURED],
  [41002, MISCONFIGURED],
  [41004, MISCONFIGURED],
  [41008, MISCONFIGURED],
  [40002, MISCONFIGURED],
  [40066, MISCONFIGURED],
  [40164, MISCONFIGURED],
  [40243, MISCONFIGURED],
  [48001, MISCONFIGURED],
];

const unknownErrcodes = [1, -2, 40030, 2 ** 53, -99_999_999, 1e20];

describe('an errcode', () => {
  test.each(errcodes)('of %d, as a number or a numeric string, costs one call', async (errcode, expected) => {
    for (const sent of [errcode, String(errcode)]) {
      upstream.behaviour = answerJson({ errcode: sent, errmsg: `of ${CODE} and ${SECRET}, rid: ${RID}` });
      upstream.calls.length = 0;
      const error = await failureOf(wechat().exchange(app, CODE));
      expect(error).toMatchObject(expected);
      expect(error.log).toMatchObject({ appid: APPID, kind: 'errcode', errcode, rid: RID, httpStatus: 200 });
      expect(upstream.calls).toHaveLength(1);
    }
  });

  test.each(unknownErrcodes)(
    'that is unknown, %d, is PLATFORM_UNAVAILABLE with the number in the log',
    async (errcode) => {
      upstream.behaviour = answerJson({ errcode, errmsg: 'what' });
      const error = await failureOf(wechat().exchange(app, CODE));
      expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', retryAfterSeconds: 5, alarm: false });
      expect(error.log).toMatchObject({ errcode, rid: null });
      expect(upstream.calls).toHaveLength(1);
    },
  );

  test('that is not 0 wins over an openid beside it', async () => {
    upstream.behaviour = answerJson({ errcode: 40029, session_key: SESSION_KEY, openid: 'alice' });
    expect(await failureOf(wechat().exchange(app, CODE))).toMatchObject({ code: 'CODE_INVALID' });
  });

  test('of a misconfigured app tells the operator what to check, and the client nothing', async () => {
    upstream.behaviour = answerJson({ errcode: 40125, errmsg: 'invalid appsecret' });
    const error = await failureOf(wechat().exchange(app, CODE));
    expect(error.detail).toMatch(/^app wx0123456789abcdef: .*secret/);
    expect(error.message).not.toMatch(/secret|wx0123456789abcdef/);
  });

  test('of a code used twice is CODE_INVALID the second time', async () => {
    await wechat().exchange(app, 'alice.1');
    expect(await failureOf(wechat().exchange(app, 'alice.1'))).toMatchObject({ code: 'CODE_INVALID', reason: 'USED' });
  });

  test.each([
    ['code been used, hints: [ req_id: AijFoqaLRa-pTFm4 ]', 'AijFoqaLRa-pTFm4'],
    ['invalid appid rid: 608d5803-66b84dfc-005383b1', '608d5803-66b84dfc-005383b1'],
    ['invalid code', null],
    [`rid: ${'a'.repeat(65)}`, null],
    ['rid: <script>', null],
    [{ rid: 'x' }, null],
  ])('with the errmsg %j keeps the rid %j', async (errmsg, rid) => {
    upstream.behaviour = answerJson({ errcode: 40029, errmsg });
    expect((await failureOf(wechat().exchange(app, CODE))).log.rid).toBe(rid);
  });
});

const good = { session_key: SESSION_KEY, openid: 'alice' };

const brokenAnswers: readonly (readonly [string, Behaviour, string])[] = [
  ['an HTML page', answerText(`<html>${SESSION_KEY}</html>`, 'text/html'), 'not_json'],
  ['an HTML page labelled JSON', answerText(`<html>${SESSION_KEY}</html>`, 'application/json'), 'not_json'],
  ['an empty body', answerText(''), 'not_json'],
  ['a body cut inside the session_key', answerText(`{"openid":"alice","session_key":"${SESSION_KEY}`), 'not_json'],
  ['bad UTF-8', answerText(Buffer.from(`{"openid":"\xff","session_key":"${SESSION_KEY}"}`, 'latin1')), 'not_utf8'],
  ['null', answerText('null'), 'bad_answer'],
  ['"null"', answerText('"null"'), 'bad_answer'],
  ['[]', answerText('[]'), 'bad_answer'],
  ['a list of answers', answerJson([good]), 'bad_answer'],
  ['a number', answerText('7'), 'bad_answer'],
  ['{}', answerText('{}'), 'bad_answer'],
  ['no openid', answerJson({ session_key: SESSION_KEY }), 'bad_answer'],
  ['no session_key', answerJson({ openid: 'alice' }), 'bad_answer'],
  ['an empty openid', answerJson({ ...good, openid: '' }), 'bad_answer'],
  ['an empty session_key', answerJson({ ...good, session_key: '' }), 'bad_answer'],
  ['an openid of null', answerJson({ ...good, openid: null }), 'bad_answer'],
  ['an openid that is a number', answerJson({ ...good, openid: 7200 }), 'bad_answer'],
  ['an openid of 4 KB', answerJson({ ...good, openid: 'o'.repeat(4096) }), 'bad_answer'],
  ['an openid with a line break', answerJson({ ...good, openid: 'alice\n' }), 'bad_answer'],
  ['an openid in __proto__', answerText(`{"__proto__":${JSON.stringify(good)}}`), 'bad_answer'],
  ['a session_key that is an object', answerJson({ ...good, session_key: { key: SESSION_KEY } }), 'bad_answer'],
  ['a session_key of 4 KB', answerJson({ ...good, session_key: 's'.repeat(4096) }), 'bad_answer'],
  ['a unionid that is a number', answerJson({ ...good, unionid: 1 }), 'bad_answer'],
  ['a unionid of 4 KB', answerJson({ ...good, unionid: 'u'.repeat(4096) }), 'bad_answer'],
  ['an errcode of null', answerJson({ ...good, errcode: null }), 'bad_answer'],
  ['an empty errcode', answerJson({ ...good, errcode: '' }), 'bad_answer'],
  ['an errcode that is a word', answerJson({ ...good, errcode: 'ok' }), 'bad_answer'],
  ['an errcode that is a list', answerJson({ ...good, errcode: [0] }), 'bad_answer'],
  ['an errcode of false', answerJson({ ...good, errcode: false }), 'bad_answer'],
  ['an errcode of 0.5', answerJson({ ...good, errcode: 0.5 }), 'bad_answer'],
  [
    'an errcode of 1e999',
    answerText(`{"errcode":1e999,"openid":"alice","session_key":"${SESSION_KEY}"}`),
    'bad_answer',
  ],
  ['status 500', answerText(JSON.stringify(good), 'text/plain', 500), 'status'],
  ['status 502', answerText('<html>', 'text/html', 502), 'status'],
  ['status 503', answerText('', 'text/plain', 503), 'status'],
  ['status 429', answerText('', 'text/plain', 429), 'status'],
  ['a redirect', answerWith(302, { location: 'http://127.0.0.1:9/' }, ''), 'redirect'],
  ['a reset', resetAfterRequest, 'reset'],
  ['a body over 64 KiB', answerJson({ ...good, padding: 'x'.repeat(70_000) }), 'too_large'],
  [
    'a gzip bomb',
    answerWith(
      200,
      { 'content-encoding': 'gzip' },
      gzipSync(JSON.stringify({ ...good, padding: ' '.repeat(5_000_000) })),
    ),
    'too_large',
  ],
  ['a hang', hang, 'timeout'],
  ['a body that dribbles', dribble(20), 'timeout'],
];

describe('an answer of no use', () => {
  test.each(brokenAnswers)(
    '(%s) is PLATFORM_UNAVAILABLE within the deadline, after one call',
    async (_name, behaviour, kind) => {
      upstream.behaviour = behaviour;
      const took = startOwnTime();
      const timeoutMs = kind === 'timeout' ? 300 : 5000;
      const error = await failureOf(wechat({ timeoutMs }).exchange(app, CODE));
      expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', retryAfterSeconds: 5, alarm: false });
      expect(error.log).toMatchObject({ appid: APPID, kind });
      expect(took()).toBeLessThan(timeoutMs + 1000);
      expect(upstream.calls).toHaveLength(1);
    },
  );

  test('names the status it came with', async () => {
    upstream.behaviour = answerText('', 'text/plain', 502);
    expect((await failureOf(wechat().exchange(app, CODE))).log.httpStatus).toBe(502);
  });

  test('is what a port nobody listens on gives, with the reason in the log', async () => {
    const gone = await startStandInWechat();
    await gone.close();
    const error = await failureOf(wechat({ apiUrl: gone.url }).exchange(app, CODE));
    expect(error).toMatchObject({
      code: 'PLATFORM_UNAVAILABLE',
      log: { kind: 'unreachable', causeCode: 'ECONNREFUSED' },
    });
  });

  test('does not spoil the next exchange', async () => {
    const platform = wechat({ timeoutMs: 300 });
    upstream.behaviour = hang;
    await failureOf(platform.exchange(app, CODE));
    upstream.behaviour = null;
    expect(await platform.exchange(app, 'alice.1')).toMatchObject({ openid: 'alice' });
  });
});

describe('errcode -1', () => {
  const busy = { errcode: -1, errmsg: `system error, rid: ${RID}` };

  test('is asked again after longer and longer waits, four times in all', async () => {
    upstream.behaviour = answerJson(busy);
    const { waitsMs, options } = waitsOnAClock();
    const error = await failureOf(wechat(options).exchange(app, CODE));
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', retryAfterSeconds: 5, log: { errcode: -1, rid: RID } });
    expect(waitsMs).toEqual([200, 400, 800]);
    expect(upstream.calls).toHaveLength(4);
  });

  test('that passes ends in the login', async () => {
    upstream.behaviour = (call, response, request) =>
      call.number < 3 ? answerJson(busy)(call, response, request) : 'default';
    expect(await wechat(waitsOnAClock().options).exchange(app, 'alice.1')).toMatchObject({ openid: 'alice' });
    expect(upstream.calls).toHaveLength(3);
  });

  test('is not waited for past the deadline', async () => {
    upstream.behaviour = answerJson(busy);
    const { waitsMs, options } = waitsOnAClock();
    const error = await failureOf(wechat({ ...options, timeoutMs: 600 }).exchange(app, CODE));
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', log: { errcode: -1 } });
    expect(waitsMs).toEqual([200]);
  });

  test('leaves later calls only what is left of the deadline', async () => {
    const { clock, options } = waitsOnAClock();
    upstream.behaviour = (call, response, request) => {
      if (call.number > 1) return hang(call, response, request);
      clock.ms = 4600;
      return answerJson(busy)(call, response, request);
    };
    const took = startOwnTime();
    const error = await failureOf(wechat(options).exchange(app, CODE));
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', log: { kind: 'timeout' } });
    expect(took()).toBeLessThan(2500);
    expect(upstream.calls).toHaveLength(2);
  });

  test('sends nothing more once a wait has used up the deadline', async () => {
    upstream.behaviour = answerJson(busy);
    const { clock, options } = waitsOnAClock();
    const wait = async () => {
      clock.ms += 60_000;
    };
    const error = await failureOf(wechat({ ...options, wait }).exchange(app, CODE));
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', log: { kind: 'timeout' } });
    expect(upstream.calls).toHaveLength(1);
  });

  test('is waited for in real time by default', async () => {
    upstream.behaviour = (call, response, request) =>
      call.number < 2 ? answerJson(busy)(call, response, request) : 'default';
    const startedAt = performance.now();
    await wechat().exchange(app, 'alice.1');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(195);
  });
});

describe('an app with two secrets', () => {
  const rotating: App = { ...app, secrets: [SECRET, NEW_SECRET] };
  const secretsSent = () => upstream.calls.map((call) => call.secret);

  function accept(accepted: string | null, errcode = 40125): Behaviour {
    return (call, response, request) =>
      call.secret === accepted
        ? 'default'
        : answerJson({ errcode, errmsg: `invalid appsecret, rid: ${RID}` })(call, response, request);
  }

  test.each([40125, 40001])('logs in with the second when %d refuses the first, and remembers it', async (errcode) => {
    const platform = wechat();
    upstream.behaviour = accept(NEW_SECRET, errcode);
    expect(await platform.exchange(rotating, 'alice.1')).toMatchObject({ openid: 'alice' });
    await platform.exchange(rotating, 'alice.2');
    expect(secretsSent()).toEqual([SECRET, NEW_SECRET, NEW_SECRET]);
  });

  test('comes back to the first when the second stops working', async () => {
    const platform = wechat();
    upstream.behaviour = accept(NEW_SECRET);
    await platform.exchange(rotating, 'alice.1');
    upstream.behaviour = accept(SECRET);
    await platform.exchange(rotating, 'alice.2');
    await platform.exchange(rotating, 'alice.3');
    expect(secretsSent().slice(2)).toEqual([NEW_SECRET, SECRET, SECRET]);
  });

  test('is misconfigured when both are refused, after one call each', async () => {
    upstream.behaviour = accept(null);
    const error = await failureOf(wechat().exchange(rotating, CODE));
    expect(error).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', alarm: true, log: { errcode: 40125, rid: RID } });
    expect(secretsSent()).toEqual([SECRET, NEW_SECRET]);
  });

  test('keeps to the first for every other errcode', async () => {
    upstream.behaviour = answerJson({ errcode: 40013, errmsg: 'invalid appid' });
    expect(await failureOf(wechat().exchange(rotating, CODE))).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    expect(secretsSent()).toEqual([SECRET]);
  });

  test('remembers nothing for another app', async () => {
    const platform = wechat();
    upstream.behaviour = accept(NEW_SECRET);
    await platform.exchange(rotating, 'alice.1');
    upstream.behaviour = null;
    await platform.exchange({ ...rotating, appid: 'wxanother' }, 'alice.1');
    expect(secretsSent().at(-1)).toBe(SECRET);
  });
});

describe('misuse', () => {
  test.each([
    ['no URL', { apiUrl: `canary ${SECRET}` }],
    ['another protocol', { apiUrl: 'ftp://127.0.0.1' }],
    ['a password in the URL', { apiUrl: `http://user:${SECRET}@127.0.0.1` }],
    ['a query', { apiUrl: 'http://127.0.0.1/?a=1' }],
    ['no time', { timeoutMs: 0 }],
    ['a time that is none', { timeoutMs: Number.NaN }],
  ])('(%s) throws a TypeError at start that repeats nothing', (_name, options) => {
    const start = () => wechat(options);
    expect(start).toThrow(TypeError);
    expect(start).not.toThrow(SECRET);
  });
});
