import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { hold } from '../support/faults.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, startTestGateway, type TestGateway } from '../support/test-gateway.js';

const MAX_UNDER_WAY = 250;
/** Two turns full of requests, which begin before those that come with them. */
const AHEAD = 2 * 16;
const MAX_WAIT_MS = 5_000;

let wechat: StandInWechat;
let gateway: TestGateway;

beforeEach(async () => {
  wechat = await startStandInWechat();
  gateway = await startTestGateway({ wechatApiUrl: wechat.url, config: { loginLimitPerIp: null } });
});
afterEach(async () => {
  await gateway.close();
  await wechat.close();
});

test('of more logins than can be under way the others are told RATE_LIMITED before their code is spent', async () => {
  const storing = hold('before');
  gateway.sessionFaults.plan('set', ...Array(MAX_UNDER_WAY).fill(storing));
  const stored = () => gateway.sessionFaults.calls.filter((call) => call === 'set').length;
  const underWay: ReturnType<TestGateway['login']>[] = [];
  while (underWay.length < MAX_UNDER_WAY) {
    // Not all at once: WeChat could not have answered any of them.
    underWay.push(...Array.from({ length: 50 }, (_, n) => gateway.login(codeOf(`user${underWay.length + n}`))));
    while (stored() < underWay.length) await new Promise(setImmediate);
  }
  const asked = wechat.calls.length;
  const late = codeOf('late');
  expect(await gateway.login(late)).toMatchObject({ code: 'RATE_LIMITED' });
  expect(wechat.calls).toHaveLength(asked);

  storing.release();
  // On a slow machine some of so many may wait for the database for too long: those are told to send the same again.
  const codes = (await Promise.all(underWay)).map(({ code }) => code);
  expect([null, 'SERVICE_UNAVAILABLE']).toEqual(expect.arrayContaining([...new Set(codes)]));
  expect(await gateway.login(late)).toMatchObject({ code: null });
}, 60_000);

test('who has waited for five seconds in a crowd is told RATE_LIMITED before anything is spent', async () => {
  let begun = 0;
  const begin = () => {
    begun += 1;
    if (begun === AHEAD) gateway.clock.advance(MAX_WAIT_MS);
    return true;
  };
  await gateway.close();
  const own = { typeDefs: 'type Query { begin: Boolean }', resolvers: { Query: { begin } } };
  gateway = await startTestGateway({ wechatApiUrl: wechat.url, config: { loginLimitPerIp: null }, own });
  const codes = Array.from({ length: 10 }, (_, n) => codeOf(`user${n}`));
  const ahead = Array.from({ length: AHEAD }, () => gateway.graphql('{ begin }'));
  const late = await Promise.all(codes.map((code) => gateway.login(code)));

  expect((await Promise.all(ahead)).map(({ code }) => code)).toEqual(Array(AHEAD).fill(null));
  expect(late.map(({ code }) => code)).toEqual(Array(10).fill('RATE_LIMITED'));
  expect(late[0]).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
  expect(wechat.calls).toHaveLength(0);
  const again = await Promise.all(codes.map((code) => gateway.login(code)));
  expect(again.map(({ code }) => code)).toEqual(Array(10).fill(null));
});
