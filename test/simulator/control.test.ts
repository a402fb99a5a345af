import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import type { Simulator } from '../../src/simulator/index.js';
import { callAsApp, exchange, start, userOf } from './ask.js';

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** With headers that fetch would set itself. */
async function send(simulator: Simulator, method: string, path: string, { headers, body }: Sent = {}) {
  const asking = request(`${simulator.url}${path}`, {
    method,
    agent: false,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
  });
  asking.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  const text = Buffer.concat(await response.toArray()).toString();
  expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
  return { status: response.statusCode, headers: response.headers as IncomingHttpHeaders, body: JSON.parse(text) };
}

const post = (simulator: Simulator, path: string, body: unknown, headers = {}) =>
  send(simulator, 'POST', path, { body, headers });

function expectRefusal(answer: { status: number | undefined; body: unknown }, status: number, code: string): void {
  expect(answer.body).toEqual({ errors: [{ message: expect.any(String), extensions: { code } }] });
  expect(answer.status).toBe(status);
}

describe('another process', () => {
  test('gets codes, of an app and with a fault when it names them', async () => {
    const simulator = await start({
      apps: [
        { appid: 'wx1', secret: 's' },
        { appid: 'wx2', secret: 's' },
      ],
    });
    const { status, body } = await post(simulator, '/simulator/codes', { user: 'alice' });
    expect([status, body]).toEqual([200, { code: expect.stringMatching(/^0[A-Za-z0-9]{31}$/) }]);
    expect(await exchange(simulator, body.code)).toHaveProperty('openid');
    const other = await post(simulator, '/simulator/codes', { user: 'bob', appid: 'wx2', fault: 'busy' });
    const answer = await exchange(simulator, other.body.code, { appid: 'wx2', secret: 's' });
    expect(answer).toMatchObject({ errcode: -1 });
  });

  test('orders faults and calls them off', async () => {
    const simulator = await start();
    const order = async (body: object) => (await post(simulator, '/simulator/faults', body)).status;
    const ask = async () => (await exchange(simulator, simulator.code('alice'))).errcode ?? 'ok';
    expect(await order({ fault: 'quota', times: 1, appid: simulator.appid })).toBe(200);
    expect([await ask(), await ask()]).toEqual([45011, 'ok']);
    expect(await order({ fault: 40164 })).toBe(200);
    expect(await ask()).toBe(40164);
    expect(await order({ fault: null })).toBe(200);
    expect(await ask()).toBe('ok');
  });

  test('reads the exchanges, of one code or all, and these questions are none', async () => {
    const simulator = await start();
    const code = simulator.code('alice');
    await exchange(simulator, code);
    await exchange(simulator, 'other');
    const all = await send(simulator, 'GET', '/simulator/exchanges');
    expect(all.body).toEqual({ exchanges: simulator.exchanges() });
    expect(all.body.exchanges).toHaveLength(2);
    const one = await send(simulator, 'GET', `/simulator/exchanges?code=${code}`);
    expect(one.body).toEqual({ exchanges: simulator.exchanges(code) });
    expect(one.headers['cache-control']).toBe('no-store');
  });

  test('is a phone: it gets phone codes and open data, and takes subscribe messages', async () => {
    const apps = [
      { appid: 'wx1', secret: 's' },
      { appid: 'wx2', secret: 's' },
    ];
    const simulator = await start({ apps });
    const phone = await post(simulator, '/simulator/phone-codes', { user: 'alice' });
    const asked = { body: { code: phone.body.code } };
    expect(await callAsApp(simulator, '/wxa/business/getuserphonenumber', asked)).toMatchObject({ errcode: 0 });

    const sealed = await post(simulator, '/simulator/open-data', { user: 'alice', payload: 'userInfo' });
    expect(Object.keys(sealed.body)).toEqual(['encryptedData', 'iv', 'rawData', 'signature']);
    const own = { user: 'alice', payload: { n: 1 }, appid: 'wx2' };
    expect(Object.keys((await post(simulator, '/simulator/open-data', own)).body)).toEqual(['encryptedData', 'iv']);

    const order = { user: 'alice', templateId: 't', times: 2 };
    expect((await post(simulator, '/simulator/subscriptions', order)).body).toEqual({});
    const message = { touser: userOf(simulator, 'alice').openid, template_id: 't', data: { n: { value: 1 } } };
    const sendMessage = () => callAsApp(simulator, '/cgi-bin/message/subscribe/send', { body: message });
    expect([await sendMessage(), await sendMessage(), await sendMessage()].map(({ errcode }) => errcode)).toEqual([
      0, 0, 43101,
    ]);
    const { body } = await send(simulator, 'GET', '/simulator/messages?user=alice');
    expect(body).toEqual({ messages: simulator.messages() });
    expect(body.messages).toHaveLength(2);
    expect((await send(simulator, 'GET', '/simulator/messages?user=bob')).body).toEqual({ messages: [] });
  });

  test('orders faults of one path, and reads its calls', async () => {
    const simulator = await start();
    const path = '/wxa/checksession';
    expect((await post(simulator, '/simulator/faults', { fault: 87007, path, times: 1 })).status).toBe(200);
    expect(await callAsApp(simulator, path)).toMatchObject({ errcode: 87007 });
    expect(await callAsApp(simulator, path)).toMatchObject({ errcode: 40003 });
    const all = await send(simulator, 'GET', '/simulator/calls');
    expect(all.body).toEqual({ calls: simulator.calls() });
    expect(all.body.calls).toHaveLength(4);
    expect((await send(simulator, 'GET', `/simulator/calls?path=${path}`)).body).toEqual({
      calls: simulator.calls(path),
    });
  });

  test('learns which apps, users and faults there are, and no secret', async () => {
    const simulator = await start();
    const { body } = await send(simulator, 'GET', '/simulator');
    expect(body.apps).toEqual([{ appid: simulator.appid }]);
    expect(body.users).toContainEqual({ username: 'carol', kind: 'ordinary', hasUnionid: true });
    expect(body.users).toContainEqual({ username: 'newcomer', kind: 'newcomer', hasUnionid: false });
    expect(body.faults).toEqual(expect.arrayContaining(['busy', 'hang', 'truncated', -1, 40226]));
    expect(body.paths).toEqual(expect.arrayContaining(['/sns/jscode2session', '/cgi-bin/stable_token']));
    expect(JSON.stringify(body)).not.toContain(simulator.secret);
  });
});

describe('an order that cannot be carried out', () => {
  test.each([
    ['/simulator/codes', { user: 'canary' }, /^There is no such test user\. There are: alice, /],
    ['/simulator/codes', {}, /^user is a text/],
    ['/simulator/codes', { user: 7 }, /^user is a text/],
    ['/simulator/codes', { user: 'alice', appid: 'canary' }, /^There is no such app/],
    ['/simulator/codes', { user: 'alice', appid: 7 }, /^appid is a text/],
    ['/simulator/codes', { user: 'alice', fault: 'canary' }, /^There is no such fault/],
    ['/simulator/codes', [], /JSON object/],
    ['/simulator/codes', 'null', /JSON object/],
    ['/simulator/faults', {}, /^fault is a fault/],
    ['/simulator/faults', { fault: 'busy', times: '2' }, /^times is a number/],
    ['/simulator/faults', { fault: 'busy', times: 0 }, /^times is a whole number/],
    [
      '/simulator/faults',
      { fault: 'busy', path: '/canary' },
      /^There is no such path\. There are: \/sns\/jscode2session, /,
    ],
    ['/simulator/phone-codes', { user: 'canary' }, /^There is no such test user/],
    ['/simulator/phone-codes', {}, /^user is a text/],
    ['/simulator/open-data', { user: 'alice' }, /^There is no such payload\. There are: userInfo, /],
    ['/simulator/open-data', { user: 'alice', payload: 'canary' }, /^There is no such payload/],
    ['/simulator/subscriptions', { user: 'alice' }, /^templateId is a text/],
    ['/simulator/subscriptions', { user: 'alice', templateId: 't', times: '2' }, /^times is a number/],
  ])('(%s %j) is BAD_USER_INPUT and says what is possible', async (path, body, message) => {
    const answer = await post(await start(), path, body);
    expectRefusal(answer, 400, 'BAD_USER_INPUT');
    expect(answer.body.errors[0].message).toMatch(message);
    expect(answer.body.errors[0].message).not.toContain('canary');
  });

  test('is NOT_FOUND at a path there is not, and says which methods a path has', async () => {
    const simulator = await start();
    for (const path of ['/simulator/', '/simulator/__proto__', '/simulator/codes/']) {
      expectRefusal(await send(simulator, 'GET', path), 404, 'NOT_FOUND');
    }
    expectRefusal(await send(simulator, 'GET', '/simulator/messages?user=canary'), 400, 'BAD_USER_INPUT');
    expectRefusal(await send(simulator, 'GET', '/simulator/calls?path=canary'), 400, 'BAD_USER_INPUT');
    const answer = await send(simulator, 'GET', '/simulator/codes');
    expectRefusal(answer, 405, 'BAD_REQUEST');
    expect(answer.headers.allow).toBe('POST');
  });

  test('is BAD_REQUEST when the body is no JSON, too long, or of another type', async () => {
    const simulator = await start();
    expectRefusal(await post(simulator, '/simulator/codes', '{"user":'), 400, 'BAD_REQUEST');
    expectRefusal(await post(simulator, '/simulator/codes', { user: 'a'.repeat(9_000) }), 413, 'BAD_REQUEST');
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
      const answer = await post(simulator, '/simulator/codes', { user: 'alice' }, { 'content-type': type });
      expectRefusal(answer, 415, 'BAD_REQUEST');
    }
  });

  test('leaves the simulator running when its sender goes away in the middle', async () => {
    const simulator = await start();
    const asking = request(`${simulator.url}/simulator/codes`, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', 'content-length': '100' },
    });
    const failed = once(asking, 'error').catch((error: unknown) => [error]);
    asking.write('{');
    await once(asking, 'socket');
    asking.destroy(new Error('left'));
    await failed;
    expect((await send(simulator, 'GET', '/simulator')).status).toBe(200);
  });
});

describe('a page of another origin', () => {
  test.each([
    ['that says its origin', { origin: 'https://evil.example' }],
    ['of another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['in a sandbox', { origin: 'null' }],
    ['whose name leads here', { host: 'evil.example:4100' }],
    ['whose name leads here and is its origin', { host: 'evil.example', origin: 'http://evil.example' }],
    ['whose name looks like ours', { host: '127.0.0.1.evil.example' }],
    ['of the local network', { host: 'printer.local' }],
  ])('%s gets nothing and orders nothing', async (_, headers) => {
    const simulator = await start();
    expectRefusal(await send(simulator, 'GET', '/simulator', { headers }), 403, 'FORBIDDEN');
    expectRefusal(await post(simulator, '/simulator/faults', { fault: 'busy' }, headers), 403, 'FORBIDDEN');
    expect(await exchange(simulator, simulator.code('alice'))).toHaveProperty('openid');
  });

  test('is told nothing about other origins when it asks first', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const answer = await send(await start(), 'OPTIONS', '/simulator/codes', { headers });
    expectRefusal(answer, 403, 'FORBIDDEN');
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test.each(['localhost:1', '127.0.0.1', '127.1.2.3:4100', '[::1]:4100'])('is not what %s names', async (host) => {
    expect((await send(await start(), 'GET', '/simulator', { headers: { host } })).status).toBe(200);
  });

  test('is not one at the address that was given, where the name stays private or is that very one', async () => {
    const simulator = await start({ host: '0.0.0.0' });
    expect(simulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    for (const [host, status] of [
      ['192.168.1.20:4100', 200],
      ['simulator:4100', 200],
      ['evil.example:4100', 403],
    ] as const) {
      expect((await send(simulator, 'GET', '/simulator', { headers: { host } })).status).toBe(status);
    }
  });
});
