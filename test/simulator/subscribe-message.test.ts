import { describe, expect, test } from '@jest/globals';
import type { Simulator } from '../../src/simulator/index.js';
import { createSimulatedWechat } from '../../src/simulator/simulated-wechat.js';
import { callAsApp, createClock, exchange, start, userOf } from './ask.js';

const path = '/cgi-bin/message/subscribe/send';
const templateId = 'AbC-_123';
const data = { thing1: { value: 'an order' }, number2: { value: 3 } };

const openidOf = (simulator: Simulator, username: string) => userOf(simulator, username).openid ?? '';

function send(simulator: Simulator, changes: Readonly<Record<string, unknown>> = {}) {
  const touser = openidOf(simulator, 'alice');
  return callAsApp(simulator, path, { body: { touser, template_id: templateId, data, ...changes } });
}

describe('a subscribe message', () => {
  test('reaches who takes it, as often as they agreed to: 43101 before and after that', async () => {
    const simulator = await start();
    expect(await send(simulator)).toEqual({ errcode: 43101, errmsg: expect.stringMatching(/^user refuse .* rid: /) });
    simulator.subscribe('alice', templateId);
    simulator.subscribe('alice', templateId, { times: 2 });
    const answers = [await send(simulator), await send(simulator), await send(simulator)];
    for (const answer of answers) expect(answer).toEqual({ errcode: 0, errmsg: 'ok', msgid: expect.any(Number) });
    expect(new Set(answers.map(({ msgid }) => msgid)).size).toBe(3);
    expect(await send(simulator)).toMatchObject({ errcode: 43101 });
    expect(simulator.messages()).toHaveLength(3);
  });

  test('needs the consent of this person, to this template, in this app', async () => {
    const simulator = await start({ apps: [{ appid: 'wx1' }, { appid: 'wx2' }] });
    simulator.subscribe('bob', templateId);
    simulator.subscribe('alice', 'another');
    simulator.subscribe('alice', templateId, { appid: 'wx2' });
    expect(await send(simulator)).toMatchObject({ errcode: 43101 });
    expect(simulator.messages()).toEqual([]);
  });

  test('is kept as it was sent, by the clock that was passed in', async () => {
    const { now } = createClock();
    const simulator = await start({ now });
    for (const name of ['alice', 'bob']) simulator.subscribe(name, templateId, { times: 2 });
    await send(simulator);
    const page = 'pages/orders/one?id=1';
    await send(simulator, { touser: openidOf(simulator, 'bob'), page, miniprogram_state: 'trial', lang: 'zh_CN' });
    const message = { at: now(), appid: simulator.appid, templateId, data };
    const ofAlice = { ...message, username: 'alice', openid: openidOf(simulator, 'alice'), page: null };
    const ofBob = { ...message, username: 'bob', openid: openidOf(simulator, 'bob'), page };
    expect(simulator.messages()).toEqual([ofAlice, ofBob]);
    expect(simulator.messages('bob')).toEqual([ofBob]);
    expect(simulator.messages('carol')).toEqual([]);
    expect(() => simulator.messages('canary')).toThrow(/^There is no such test user/);
  });

  test('reaches the newcomer of the last wx.login', async () => {
    const simulator = await start();
    const { openid } = await exchange(simulator, simulator.code('newcomer'));
    simulator.subscribe('newcomer', templateId);
    expect(await send(simulator, { touser: openid })).toMatchObject({ errcode: 0 });
    expect(simulator.messages('newcomer')).toMatchObject([{ openid }]);
  });

  test.each([
    [40003, { touser: 'o-nobody' }],
    [40003, { touser: undefined }],
    [40003, { touser: 7 }],
    [40037, { template_id: '' }],
    [40037, { template_id: 'x'.repeat(65) }],
    [40037, { template_id: undefined }],
    [41030, { page: 'http://example.com' }],
    [41030, { page: 'HTTPS://example.com' }],
    [41030, { page: 7 }],
  ])('is refused with %i for %j, and no consent is used up', async (errcode, changes) => {
    const simulator = await start();
    simulator.subscribe('alice', templateId);
    expect(await send(simulator, changes)).toMatchObject({ errcode });
    expect(await send(simulator)).toMatchObject({ errcode: 0 });
  });

  test.each([
    ['data.thing1.value is empty', { thing1: { value: '' } }],
    ['data.thing1.value is empty', { number2: { value: 0 }, thing1: {} }],
    ['data.thing1.value is empty', { thing1: 'an order' }],
    ['data.thing1.value is empty', { thing1: { value: null } }],
    ['data.thing1.value invalid', { thing1: { value: true } }],
    ['data.thing1.value invalid', { thing1: { value: 'x'.repeat(201) } }],
    ['data has a field without a name', { 'thing1\n': { value: 'x' } }],
    ['data has too many fields', Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`n${n}`, { value: n }]))],
    ['data is empty', undefined],
    ['data is empty', []],
  ])('is refused with 47003 and the words %s', async (says, wrong) => {
    const simulator = await start();
    simulator.subscribe('alice', templateId);
    const { errcode, errmsg } = await send(simulator, { data: wrong });
    expect([errcode, errmsg.split(', rid: ')[0]]).toEqual([47003, `argument invalid! ${says}`]);
    expect(await send(simulator)).toMatchObject({ errcode: 0 });
  });
});

test('the newest thousand messages are kept', () => {
  const { wechat, answer } = createSimulatedWechat();
  const post = (at: string, query: object, body: object) => {
    const given = answer({
      method: 'POST',
      path: at,
      query: new URLSearchParams({ ...query }),
      body: Buffer.from(JSON.stringify(body)),
    });
    return given.kind === 'text' ? JSON.parse(given.text) : null;
  };
  const { appid, secret } = wechat;
  const { access_token } = post('/cgi-bin/stable_token', {}, { grant_type: 'client_credential', appid, secret });
  const touser = wechat.users[0]?.openid;
  wechat.subscribe('alice', templateId, { times: 1_001 });
  for (let n = 0; n < 1_001; n += 1) {
    const message = { touser, template_id: templateId, data, page: `pages/${n}` };
    expect(post(path, { access_token }, message).errcode).toBe(0);
  }
  const pages = wechat.messages().map((message) => message.page);
  expect([pages.length, pages[0], pages.at(-1)]).toEqual([1_000, 'pages/1', 'pages/1000']);
});

test('a subscription that cannot be is misuse', async () => {
  const simulator = await start();
  expect(() => simulator.subscribe('canary', templateId)).toThrow(/^There is no such test user/);
  expect(() => simulator.subscribe('alice', templateId, { appid: 'canary' })).toThrow(/^There is no such app/);
  for (const id of ['', 'x'.repeat(65), 'a b']) expect(() => simulator.subscribe('alice', id)).toThrow(/^templateId/);
  for (const times of [0, -1, 1.5]) expect(() => simulator.subscribe('alice', templateId, { times })).toThrow(/^times/);
});

test('ten thousand subscriptions are kept: the oldest gives way', async () => {
  const simulator = await start();
  for (let n = 0; n < 10_001; n += 1) simulator.subscribe('alice', `t${n}`);
  expect(await send(simulator, { template_id: 't0' })).toMatchObject({ errcode: 43101 });
  expect(await send(simulator, { template_id: 't1' })).toMatchObject({ errcode: 0 });
});
