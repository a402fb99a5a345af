import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freePort } from '../support/ports.js';
import { answerJson, type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, freshRequestId, startTestGateway, type TestGateway } from '../support/test-gateway.js';

let wechat: StandInWechat;
let gateway: TestGateway;
let metricsUrl: string;

beforeEach(async () => {
  wechat = await startStandInWechat();
  const adminPort = await freePort();
  metricsUrl = `http://127.0.0.1:${adminPort}/metrics`;
  gateway = await startTestGateway({ wechatApiUrl: wechat.url, config: { adminPort, host: '127.0.0.1', port: 0 } });
});

afterEach(async () => {
  await gateway.close();
  await wechat.close();
});

/** Samples by name and labels. */
async function scrape(): Promise<Map<string, number>> {
  const response = await fetch(metricsUrl);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=/);
  const samples = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

test('every metric is on ADMIN_PORT after a login, a refused one and a viewer', async () => {
  await gateway.running.listen();
  const requestId = freshRequestId();
  const code = codeOf('alice');
  const token = await gateway.tokenFor(code, { requestId });
  await gateway.tokenFor(code, { requestId });
  await gateway.tokenFor(codeOf('alice'));
  await gateway.login('bad.code');
  await gateway.viewer(token);
  await gateway.viewer(null);
  await gateway.logout(token);
  wechat.behaviour = answerJson({ errcode: -1, errmsg: 'system error' });
  await gateway.login(codeOf('bob'));

  const samples = await scrape();
  const expected = {
    'menjin_requests_total{operation="mutation",code="ok"}': 4,
    'menjin_requests_total{operation="mutation",code="CODE_INVALID"}': 1,
    'menjin_requests_total{operation="mutation",code="PLATFORM_UNAVAILABLE"}': 1,
    'menjin_requests_total{operation="query",code="ok"}': 2,
    'menjin_logins_total{platform="WECHAT",outcome="new_user"}': 1,
    'menjin_logins_total{platform="WECHAT",outcome="known_user"}': 1,
    'menjin_logins_total{platform="WECHAT",outcome="repeat"}': 1,
    'menjin_logins_total{platform="WECHAT",outcome="CODE_INVALID"}': 1,
    'menjin_logins_total{platform="WECHAT",outcome="PLATFORM_UNAVAILABLE"}': 1,
    'menjin_platform_seconds_count{platform="WECHAT",outcome="ok"}': 2,
    'menjin_platform_seconds_count{platform="WECHAT",outcome="failed"}': 2,
  };
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, samples.get(name)]))).toEqual(expected);
  const names = [...samples.keys()];
  for (const [store, call] of [
    ['sql', 'query'],
    ['sql', 'transaction'],
    ['sessions', 'get'],
    ['sessions', 'set'],
    ['sessions', 'delete'],
  ]) {
    expect(names).toContain(`menjin_store_seconds_count{store="${store}",call="${call}",outcome="ok"}`);
  }
  expect(names).toEqual(expect.arrayContaining([expect.stringMatching(/^process_resident_memory_bytes/)]));
});

test('a store that fails is measured as failed', async () => {
  await gateway.running.listen();
  const token = await gateway.tokenFor(codeOf('alice'));
  gateway.sessionFaults.plan('get', 'fail before');
  expect((await gateway.viewer(token)).code).toBe('SERVICE_UNAVAILABLE');
  const samples = await scrape();
  expect(samples.get('menjin_store_seconds_count{store="sessions",call="get",outcome="failed"}')).toBe(1);
  expect(samples.get('menjin_requests_total{operation="query",code="SERVICE_UNAVAILABLE"}')).toBe(1);
});

test('no label comes from what was sent', async () => {
  await gateway.running.listen();
  const canary = 'CANARYlabel';
  const { app } = gateway.running;
  await app.inject({ url: `/${canary}`, headers: { 'x-request-id': canary, 'user-agent': canary } });
  await app.inject({ method: 'POST', url: '/graphql', payload: { query: `query ${canary} { __typename }` } });
  await app.inject({ method: 'POST', url: '/graphql', payload: { query: `${canary}` } });
  await app.inject({ method: 'POST', url: '/graphql', payload: { query: '{a}', operationName: canary } });
  await gateway.login(codeOf(canary), { appid: canary, requestId: canary.repeat(2) });
  await gateway.login(codeOf(canary), { requestId: canary.repeat(2) });
  expect([...(await scrape()).keys()].join('\n')).not.toContain(canary);
});

test('there is nothing but metrics on ADMIN_PORT, and no metrics elsewhere', async () => {
  const { url } = await gateway.running.listen();
  const notFound = { errors: [{ message: 'There is nothing here.', extensions: { code: 'NOT_FOUND' } }] };
  for (const other of [
    `${url}/metrics`,
    metricsUrl.replace('/metrics', '/graphql'),
    metricsUrl.replace('/metrics', '/'),
  ]) {
    const response = await fetch(other);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual(notFound);
  }
  const posted = await fetch(metricsUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(posted.status).toBe(405);
  expect(posted.headers.get('allow')).toBe('GET');
  await posted.body?.cancel();
});
