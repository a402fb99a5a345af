import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { toE164 } from '../../src/wechat/phone-number.js';
import { signatureBy } from '../../src/wechat/session-key.js';
import { app, type Caller, failureOf, openScene, type Scene } from './scene.js';
import { refusal } from './stand-in.js';

const SESSION_KEY = 'o0q0otL8aEzpcZL/FT9WsQ==';
const BAD_ANSWER = { code: 'PLATFORM_UNAVAILABLE', log: { kind: 'bad_answer', appid: 'wxone' } };

let scene: Scene;
let caller: Caller;
beforeAll(async () => {
  scene = await openScene();
  caller = await scene.caller();
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.apis.onCall = null;
  scene.apis.calls.length = 0;
});

describe('a phone number', () => {
  const watermark = { timestamp: 1637744274, appid: 'wxone' };
  const info = { phoneNumber: '13800138000', purePhoneNumber: '13800138000', countryCode: '86', watermark };
  const input = { code: 'canary-phone-code', openid: 'alice' };
  const askFor = () => caller.askPhoneNumber(app, input);

  test.each([
    ['a text', '86'],
    ['a number', 86],
  ])('comes in E.164 when the country code is %s', async (_name, countryCode) => {
    scene.apis.onCall = () => ({ errcode: 0, errmsg: 'ok', phone_info: { ...info, countryCode } });
    expect(await askFor()).toBe('+8613800138000');
    const path = '/wxa/business/getuserphonenumber';
    expect(scene.apis.calls).toMatchObject([{ method: 'POST', path, query: {}, body: input }]);
  });

  test('of another country has its own code', async () => {
    const foreign = { phoneNumber: '+85251234567', purePhoneNumber: '51234567', countryCode: '852' };
    scene.apis.onCall = () => ({ phone_info: { ...info, ...foreign } });
    expect(await askFor()).toBe('+85251234567');
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a list', [info]],
    ['no watermark', { ...info, watermark: undefined }],
    ['the watermark of another app', { ...info, watermark: { ...watermark, appid: 'wxtwo' } }],
    ['no number', { ...info, purePhoneNumber: undefined }],
    ['a number that is one to count with', { ...info, purePhoneNumber: 13800138000 }],
    ['a number with letters', { ...info, purePhoneNumber: '1380013800x' }],
    ['no country', { ...info, countryCode: undefined }],
    ['a country that is a list', { ...info, countryCode: ['86'] }],
    ['a country that is half a number', { ...info, countryCode: 8.6 }],
  ])('of %s is PLATFORM_UNAVAILABLE', async (_name, phoneInfo) => {
    scene.apis.onCall = () => ({ errcode: 0, phone_info: phoneInfo });
    expect(await failureOf(askFor(), '13800138000', 'canary-')).toMatchObject(BAD_ANSWER);
  });

  test('for a code that WeChat does not take is CODE_INVALID', async () => {
    scene.apis.onCall = () => refusal(40029, 'invalid code canary-phone-code');
    const error = await failureOf(askFor(), 'canary-');
    expect(error).toMatchObject({ code: 'CODE_INVALID', reason: 'INVALID', errcode: 40029 });
  });

  test.each([
    ['86', '13800138000', '+8613800138000'],
    ['1', '2025550123', '+12025550123'],
    ['39', '0612345678', '+390612345678'],
    ['852', '51234567', '+85251234567'],
    ['290', '2345', '+2902345'],
    ['999', '123456789012', '+999123456789012'],
    ['86', '1380013800', null],
    ['86', '138001380001', null],
    ['999', '1234567890123', null],
    ['1', '123456789012345', null],
    ['0', '13800138000', null],
    ['086', '13800138000', null],
    ['8600', '13800138000', null],
    ['+86', '13800138000', null],
    ['', '13800138000', null],
    ['44', '', null],
    ['44', '7911 123456', null],
    ['44', '+447911123456', null],
    ['44', '7911123456\n', null],
    ['44', '٧٩١١١٢٣٤٥٦', null],
    ['86', '１３８００１３８０００', null],
  ])('of country %j with the digits %j is %j', (countryCode, purePhoneNumber, e164) => {
    expect(toE164({ countryCode, purePhoneNumber })).toBe(e164);
  });
});

describe('a session_key', () => {
  const who = { openid: 'alice', sessionKey: SESSION_KEY };
  const signed = {
    openid: 'alice',
    signature: '46e043c5525c2d817c44be603d30837a808a1d930d038f6fdc3e62a201fed128',
    sig_method: 'hmac_sha256',
  };

  // The first is on WeChat's page about signatures of user sessions.
  test.each([
    ['{"foo":"bar"}', '654571f79995b2ce1e149e53c0a33dc39c0a74090db514261454e8dbe432aa0b'],
    ['', '46e043c5525c2d817c44be603d30837a808a1d930d038f6fdc3e62a201fed128'],
  ])('signs %j as WeChat does: by its text, not by its bytes', (body, signature) => {
    expect(signatureBy(SESSION_KEY, body)).toBe(signature);
  });

  test('that WeChat knows is good', async () => {
    expect(await caller.checkSessionKey(app, who)).toBe(true);
    expect(scene.apis.calls).toMatchObject([{ method: 'GET', path: '/wxa/checksession', query: signed, body: null }]);
  });

  test('is replaced by a new one', async () => {
    scene.apis.onCall = () => ({ errcode: 0, errmsg: 'ok', openid: 'alice', session_key: 'bmV3IHNlc3Npb24ga2V5IQ==' });
    expect(await caller.resetSessionKey(app, who)).toBe('bmV3IHNlc3Npb24ga2V5IQ==');
    expect(scene.apis.calls).toMatchObject([{ method: 'GET', path: '/wxa/resetusersessionkey', query: signed }]);
  });

  test.each([87007, 87009])('that WeChat answers %d about is not one any more', async (errcode) => {
    scene.apis.onCall = () => refusal(errcode, 'invalid signature');
    expect([await caller.checkSessionKey(app, who), await caller.resetSessionKey(app, who)]).toEqual([false, null]);
  });

  test.each([
    [87008, 'INTERNAL_SERVER_ERROR'],
    [45011, 'RATE_LIMITED'],
    [-1, 'PLATFORM_UNAVAILABLE'],
  ])('that WeChat answers %d about is %s', async (errcode, code) => {
    scene.apis.onCall = () => refusal(errcode);
    for (const asked of [caller.checkSessionKey(app, who), caller.resetSessionKey(app, who)])
      expect(await failureOf(asked, SESSION_KEY, signed.signature)).toMatchObject({ code, errcode });
  });

  test.each([
    ['none', { openid: 'alice' }],
    ['an empty one', { openid: 'alice', session_key: '' }],
    ['that of somebody else', { openid: 'bob', session_key: 'canary-key' }],
    ['that of nobody', { session_key: 'canary-key' }],
  ])('that is to be replaced by %s is PLATFORM_UNAVAILABLE', async (_name, answer) => {
    scene.apis.onCall = () => ({ errcode: 0, ...answer });
    expect(await failureOf(caller.resetSessionKey(app, who), SESSION_KEY, 'canary-')).toMatchObject(BAD_ANSWER);
  });
});

describe('a subscribe message', () => {
  const message = { openid: 'alice', templateId: 'template-1', data: { thing1: 'An order', number2: 7 } };
  const send = () => caller.sendSubscribeMessage(app, message);

  test('is sent with the fields of its template', async () => {
    await send();
    const body = {
      touser: 'alice',
      template_id: 'template-1',
      data: { thing1: { value: 'An order' }, number2: { value: '7' } },
    };
    const path = '/cgi-bin/message/subscribe/send';
    expect(scene.apis.calls).toMatchObject([{ method: 'POST', path, query: {} }]);
    expect(scene.apis.calls[0]?.body).toEqual(body);
  });

  test('may open a page, of a version that is not published, in a language', async () => {
    const more = { page: 'pages/a?b=1', miniprogramState: 'trial', lang: 'en_US' } as const;
    await caller.sendSubscribeMessage(app, { ...message, ...more });
    expect(scene.apis.calls[0]?.body).toMatchObject({
      page: 'pages/a?b=1',
      miniprogram_state: 'trial',
      lang: 'en_US',
    });
  });

  test('that nobody asked for is FORBIDDEN, with the reason', async () => {
    scene.apis.onCall = () => refusal(43101, 'user refuse to accept the msg');
    expect(await failureOf(send())).toMatchObject({ code: 'FORBIDDEN', reason: 'NOT_SUBSCRIBED', errcode: 43101 });
  });

  test('of another form than its template is BAD_USER_INPUT, and only the log has the field', async () => {
    scene.apis.onCall = () => refusal(47003, 'argument invalid! data.thing1.value is canary-text');
    const error = await failureOf(send(), 'canary-');
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT', reason: 'TEMPLATE_DATA', log: { templateField: 'thing1' } });
    expect(`${error.message}${JSON.stringify(error.extensions)}`).not.toContain('thing1');
  });
});

describe('a text that is checked', () => {
  const text = { openid: 'alice', content: 'canary-text', scene: 'profile' } as const;
  const check = () => caller.msgSecCheck(app, text);
  const good = { errcode: 0, result: { suggest: 'pass', label: 100 }, trace_id: 'trace-1', detail: [] };

  test.each(['pass', 'review', 'risky'])('may be answered %s', async (suggest) => {
    scene.apis.onCall = () => ({ ...good, result: { suggest, label: 20001 } });
    expect(await check()).toEqual({ suggest, label: 20001, traceId: 'trace-1' });
    const body = { version: 2, openid: 'alice', scene: 1, content: 'canary-text' };
    expect(scene.apis.calls).toMatchObject([{ method: 'POST', path: '/wxa/msg_sec_check', body }]);
  });

  test.each([
    ['profile', 1],
    ['comment', 2],
    ['forum', 3],
    ['social', 4],
  ] as const)('in a %s is of scene %d', async (name, number) => {
    scene.apis.onCall = () => good;
    await caller.msgSecCheck(app, { ...text, scene: name, nickname: 'Alice' });
    expect(scene.apis.calls[0]?.body).toMatchObject({ scene: number, nickname: 'Alice' });
  });

  test('may have no trace', async () => {
    scene.apis.onCall = () => ({ ...good, trace_id: undefined });
    expect(await check()).toMatchObject({ traceId: null });
  });

  test.each([
    ['no result', { result: undefined }],
    ['a result of null', { result: null }],
    ['an unknown suggestion', { result: { suggest: 'maybe', label: 100 } }],
    ['no label', { result: { suggest: 'pass' } }],
  ])('and answered with %s is PLATFORM_UNAVAILABLE', async (_name, answer) => {
    scene.apis.onCall = () => ({ ...good, ...answer });
    expect(await failureOf(check(), 'canary-')).toMatchObject(BAD_ANSWER);
  });

  test('of somebody who was not here lately is FORBIDDEN, with the reason', async () => {
    scene.apis.onCall = () => refusal(61010, 'code is expired');
    expect(await failureOf(check())).toMatchObject({ code: 'FORBIDDEN', reason: 'NOT_RECENT' });
  });

  test.each([
    ['empty', ''],
    ['longer than WeChat takes', 'x'.repeat(2501)],
  ])('that is %s is BAD_USER_INPUT, and is not sent', async (_name, content) => {
    expect(await failureOf(caller.msgSecCheck(app, { ...text, content }))).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(scene.apis.calls).toHaveLength(0);
  });
});
