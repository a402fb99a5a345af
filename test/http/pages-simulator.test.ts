import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

let gateway: TestGateway;

beforeEach(async () => {
  gateway = await startTestGateway({ wechatApiUrl: 'http://127.0.0.1:9', config: { apps: [] } });
});

afterEach(() => gateway.close());

async function askForCode(payload: unknown, headers: Record<string, string> = {}) {
  const { statusCode, body } = await gateway.running.app.inject({
    method: 'POST',
    url: '/simulator/codes',
    headers: { 'content-type': 'application/json', ...headers },
    payload: JSON.stringify(payload),
  });
  return { status: statusCode, ...JSON.parse(body) };
}

async function exchangesOf(code: string, headers: Record<string, string> = {}) {
  const { statusCode, body } = await gateway.running.app.inject({
    method: 'GET',
    url: `/simulator/exchanges?code=${code}`,
    headers,
  });
  return { status: statusCode, text: body, ...JSON.parse(body) };
}

describe('the simulator, as the gateway lends it to its pages', () => {
  test('gives a code, and tells how it was traded without telling whose it is', async () => {
    const { code } = await askForCode({ user: 'carol' });
    expect((await exchangesOf(code)).exchanges).toEqual([]);
    const { viewer } = (await gateway.login(code)).body.data.login;

    const { text, exchanges } = await exchangesOf(code);
    const mask = (id: string) => `${id.slice(0, 3)}…${id.slice(-4)}`;
    expect(exchanges).toEqual([
      {
        at: gateway.clock.now(),
        appid: gateway.running.simulator?.appid,
        path: '/sns/jscode2session',
        outcome: { kind: 'session', openid: mask(viewer.openid), unionid: mask(viewer.unionid) },
      },
    ]);
    expect(text).not.toContain(viewer.openid);
    expect(text).not.toContain(viewer.unionid);
    expect(text).not.toContain(gateway.running.simulator?.secret);
    expect(text).not.toContain('session_key');
  });

  test('gives a code whose exchange fails as ordered', async () => {
    const { code } = await askForCode({ user: 'alice', fault: 'quota' });
    expect((await gateway.login(code)).code).toBe('RATE_LIMITED');
    expect((await exchangesOf(code)).exchanges[0].outcome).toMatchObject({ kind: 'errcode', errcode: 45011 });
  });

  test.each([
    [{ user: 'nobody' }, /alice, bob, carol/],
    [{}, /alice, bob, carol/],
    [{ user: 'alice', fault: 'flood' }, /busy, quota/],
    [{ user: 'alice', fault: { toString: 'busy' } }, /busy, quota/],
    [{ user: 'alice', appid: 'wx-other' }, /wx7e57/],
    [{ user: 'alice', appid: 7 }, /wx7e57/],
  ])('refuses %j, and says what there is', async (payload, message) => {
    const { status, errors } = await askForCode(payload);
    expect(status).toBe(400);
    expect(errors[0].extensions.code).toBe('BAD_USER_INPUT');
    expect(errors[0].message).toMatch(message);
  });

  test('tells nothing about the exchanges of no code', async () => {
    await gateway.login((await askForCode({ user: 'alice' })).code);
    expect((await exchangesOf('')).exchanges).toEqual([]);
  });

  test.each([
    [{ origin: 'https://example.com' }],
    [{ origin: 'http://localhost:5173' }],
    [{ origin: 'null' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ host: 'rebound.example.com', origin: 'http://rebound.example.com' }],
    [{ host: 'rebound.example.com:4000' }],
  ])('does nothing for a page elsewhere, which has %j', async (headers) => {
    for (const answer of [await askForCode({ user: 'alice' }, headers), await exchangesOf('code', headers)]) {
      expect(answer.status).toBe(400);
      expect(answer.errors[0].extensions.code).toBe('BAD_REQUEST');
    }
  });

  test.each([
    [{ host: '127.0.0.1:4000', origin: 'http://127.0.0.1:4000', 'sec-fetch-site': 'same-origin' }],
    [{ host: '[::1]:4000', origin: 'http://[::1]:4000' }],
    [{ host: '192.168.1.7:4000', origin: 'http://192.168.1.7:4000' }],
    [{ host: 'gateway:4000' }],
    [{ host: 'desk.local' }],
  ])('serves its own pages and programs, which have %j', async (headers) => {
    expect((await askForCode({ user: 'alice' }, headers)).status).toBe(200);
    expect((await exchangesOf('code', headers)).status).toBe(200);
  });

  test('takes no form that a page elsewhere could post', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      expect(await askForCode({ user: 'alice' }, { 'content-type': type })).toMatchObject({ status: 415 });
    }
  });
});
