import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import type { ApiPath, Fault } from '../../src/simulator/index.js';
import { createSimulatedWechat } from '../../src/simulator/simulated-wechat.js';
import { call, callAsApp, createClock, exchange, stableToken, start, userOf } from './ask.js';

const paths: readonly ApiPath[] = [
  '/sns/jscode2session',
  '/cgi-bin/stable_token',
  '/wxa/business/getuserphonenumber',
  '/wxa/checksession',
  '/wxa/resetusersessionkey',
  '/cgi-bin/message/subscribe/send',
  '/wxa/msg_sec_check',
];

/** Without a server, so that nobody waits. */
function ask(world: ReturnType<typeof createSimulatedWechat>, path: ApiPath) {
  return world.answer({ method: 'POST', path, query: new URLSearchParams(), body: Buffer.from('{}') });
}

describe.each(paths)('a fault ordered for %s', (path) => {
  test.each<[Fault, object]>([
    ['busy', { kind: 'text', text: expect.stringMatching(/^\{"errcode":-1,/) }],
    ['quota', { kind: 'text', text: expect.stringMatching(/^\{"errcode":45011,/) }],
    [
      40001,
      { kind: 'text', text: expect.stringMatching(/^\{"errcode":40001,"errmsg":"invalid credential, access_token /) },
    ],
    ['slow', { kind: 'text', delayMs: 2_000 }],
    ['hang', { kind: 'silence' }],
    ['cut', { kind: 'reset' }],
    ['html', { kind: 'text', contentType: 'text/html' }],
    ['truncated', { kind: 'text', text: expect.stringMatching(/^\{"errcode":[^}]*$/) }],
  ])('happens there, as often as it was ordered, and nowhere else: %s', (fault, broken) => {
    const world = createSimulatedWechat();
    const plain = { kind: 'text', contentType: 'text/plain', delayMs: 0, text: expect.stringMatching(/^\{.*rid.*\}$/) };
    const usual = paths.map((each) => [each, errcodeOf(ask(world, each))]);
    world.wechat.fail(fault, { path, times: 1 });
    for (const other of paths.filter((each) => each !== path)) expect(ask(world, other)).toMatchObject(plain);
    expect(ask(world, path)).toMatchObject(broken);
    expect(paths.map((each) => [each, errcodeOf(ask(world, each))])).toEqual(usual);
  });
});

function errcodeOf(answer: object): unknown {
  return 'text' in answer ? JSON.parse(String(answer.text)).errcode : null;
}

describe('a fault', () => {
  test('that is ordered for no path is one of the exchange', async () => {
    const simulator = await start();
    simulator.fail('busy');
    expect(await stableToken(simulator)).toHaveProperty('access_token');
    expect(await exchange(simulator, simulator.code('alice'))).toMatchObject({ errcode: -1 });
    simulator.fail(null, { path: '/cgi-bin/stable_token' });
    expect(await exchange(simulator, simulator.code('alice'))).toMatchObject({ errcode: -1 });
  });

  test('of one app happens to the calls with its tokens', async () => {
    const apps = [
      { appid: 'wx1', secret: 's1' },
      { appid: 'wx2', secret: 's2' },
    ];
    const simulator = await start({ apps });
    const path = '/wxa/checksession';
    simulator.fail(48001, { path, appid: 'wx2' });
    simulator.fail('busy', { path: '/cgi-bin/stable_token', appid: 'wx2', times: 1 });
    expect(await stableToken(simulator, apps[1])).toMatchObject({ errcode: -1 });
    const { access_token } = await stableToken(simulator, apps[1]);
    expect(await call(simulator, path, { query: { access_token } })).toMatchObject({ errcode: 48001 });
    expect(await callAsApp(simulator, path)).toMatchObject({ errcode: 40003 });
  });

  test('that cuts off a call comes when WeChat has done its work, and one of an errcode before that', async () => {
    const simulator = await start();
    const path = '/wxa/business/getuserphonenumber';
    const code = simulator.phoneCode('alice');
    simulator.fail(-1, { path, times: 1 });
    expect(await callAsApp(simulator, path, { body: { code } })).toMatchObject({ errcode: -1 });
    simulator.fail('cut', { path, times: 1 });
    await expect(callAsApp(simulator, path, { body: { code } })).rejects.toThrow('fetch failed');
    expect(await callAsApp(simulator, path, { body: { code } })).toMatchObject({ errcode: 40029 });
  });

  test('of a path that there is not is misuse', async () => {
    const simulator = await start();
    const path = '/canary' as ApiPath;
    expect(() => simulator.fail('busy', { path })).toThrow(
      /^There is no such path\. There are: \/sns\/jscode2session, /,
    );
    expect(() => simulator.calls(path)).toThrow(TypeError);
  });
});

describe('the list of calls', () => {
  test('says what each was answered, oldest first, and leaves the exchanges to their own list', async () => {
    const { now } = createClock();
    const simulator = await start({ now });
    const { appid } = simulator;
    await exchange(simulator, simulator.code('alice'));
    await call(simulator, '/wxa/checksession', { query: { openid: 'o' } });
    await stableToken(simulator, { appid: 'wx0000000000000000' });
    simulator.fail('truncated', { path: '/cgi-bin/stable_token', times: 1 });
    await expect(stableToken(simulator)).rejects.toThrow(SyntaxError);
    await callAsApp(simulator, '/wxa/msg_sec_check', { body: 'x' });
    simulator.fail('html', { path: '/wxa/checksession', times: 1 });
    await fetch(`${simulator.url}/wxa/checksession`);
    const record = { at: now(), fault: null };
    const inOrder = [
      { ...record, appid: null, path: '/wxa/checksession', errcode: 41001 },
      { ...record, appid: null, path: '/cgi-bin/stable_token', errcode: 40013 },
      { ...record, appid, path: '/cgi-bin/stable_token', errcode: 0, fault: 'truncated' },
      { ...record, appid, path: '/cgi-bin/stable_token', errcode: 0 },
      { ...record, appid, path: '/wxa/msg_sec_check', errcode: 47001 },
      { ...record, appid: null, path: '/wxa/checksession', errcode: null, fault: 'html' },
    ];
    expect(simulator.calls()).toEqual(inOrder);
    expect(simulator.calls('/wxa/msg_sec_check')).toEqual([inOrder[4]]);
    expect(simulator.calls('/sns/jscode2session')).toEqual([]);
    expect(simulator.exchanges()).toHaveLength(1);
  });

  test('holds no token, secret, code, openid or session_key, nor do the messages', async () => {
    const simulator = await start();
    const { session_key, openid } = await exchange(simulator, simulator.code('alice'));
    const { access_token } = await stableToken(simulator);
    const [code, other] = [simulator.phoneCode('alice'), simulator.phoneCode('alice')];
    await callAsApp(simulator, '/wxa/business/getuserphonenumber', { body: { code } });
    await callAsApp(simulator, '/wxa/checksession', { query: { openid, signature: 'canary', js_code: other } });
    await call(simulator, '/wxa/checksession', { query: { access_token: 'canary' } });
    await stableToken(simulator, { secret: 'canary' });
    const text = JSON.stringify([simulator.calls(), simulator.messages()]);
    for (const secret of [session_key, openid, access_token, code, other, simulator.secret, 'canary']) {
      expect(text).not.toContain(secret);
    }
    expect(simulator.calls()).toHaveLength(7);
  });

  test('keeps the newest thousand', () => {
    const world = createSimulatedWechat();
    ask(world, '/wxa/checksession');
    for (let n = 0; n < 1_000; n += 1) ask(world, '/cgi-bin/stable_token');
    expect(world.wechat.calls()).toHaveLength(1_000);
    expect(world.wechat.calls('/wxa/checksession')).toEqual([]);
  });
});

test('a call whose body is in UTF-8 is understood, and one that is not is 47001', async () => {
  const simulator = await start();
  simulator.subscribe('alice', 't');
  const body = { touser: userOf(simulator, 'alice').openid, template_id: 't', data: { thing1: { value: '订单' } } };
  expect(await callAsApp(simulator, '/cgi-bin/message/subscribe/send', { body })).toMatchObject({ errcode: 0 });
  expect(simulator.messages()[0]?.data).toEqual(body.data);
  const response = await fetch(`${simulator.url}/cgi-bin/stable_token`, { method: 'POST', body: Buffer.from([0xff]) });
  expect(await response.json()).toMatchObject({ errcode: 47001 });
});

test('a body of more than 64 KiB is not read to its end: 47001, and the connection ends', async () => {
  const simulator = await start();
  const asking = request(`${simulator.url}/cgi-bin/stable_token`, {
    method: 'POST',
    agent: false,
    headers: { 'content-length': '200000', connection: 'keep-alive' },
  });
  asking.on('error', () => {});
  asking.write('x'.repeat(70_000));
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  expect(JSON.parse(Buffer.concat(await response.toArray()).toString())).toMatchObject({ errcode: 47001 });
  expect(response.headers.connection).toBe('close');
  asking.destroy();
});
