import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type BothWays, bothWays, type Sent } from '../support/both-ways.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, createTestClock, startTestGateway, type TestGateway } from '../support/test-gateway.js';

const idOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

const WHO = 'query Who($app: Boolean!) { viewer { openid appid @include(if: $app) } }';
const SEVERAL = 'query A { viewer { openid } } query B { viewer { appid } }';
const ENTER = 'mutation Enter($input: LoginInput!) { login(input: $input) { token } }';
const texts = Object.fromEntries([WHO, SEVERAL, ENTER].map((text) => [idOf(text), text]));

let wechat: StandInWechat;
let gateway: TestGateway;
let ways: BothWays;
let authorization: string;

beforeAll(async () => {
  wechat = await startStandInWechat();
  gateway = await startTestGateway({
    ...{ wechatApiUrl: wechat.url, clock: createTestClock() },
    config: { trustedDocuments: { mode: 'require', texts } },
  });
  ways = bothWays(gateway.running, await gateway.running.app.listen({ host: '127.0.0.1', port: 0 }));
  const code = codeOf('alice');
  const { body } = await ways.longWay({
    body: JSON.stringify({ documentId: idOf(ENTER), variables: { input: { code } } }),
  });
  authorization = `Bearer ${JSON.parse(body).data.login.token}`;
  // From a good answer the headers of one are known.
  await ways.longWay(asking({ documentId: idOf(SEVERAL), operationName: 'A' }));
});

afterAll(async () => {
  ways?.close();
  await gateway?.close();
  await wechat?.close();
});

function asking(body: object): Sent {
  return { body: JSON.stringify(body), headers: { authorization } };
}

test.each([
  ['by its id', { documentId: idOf(WHO), variables: { app: true } }],
  ['by its hash alone', { documentId: idOf(WHO).slice('sha256:'.length), variables: { app: false } }],
  ['by its text', { query: WHO, variables: { app: true } }],
  ['by its id and its name', { documentId: idOf(WHO), operationName: 'Who', variables: { app: true } }],
  ['as one of several', { documentId: idOf(SEVERAL), operationName: 'B' }],
])('a trusted query %s is answered in front at its first request, and the same', async (_how, body) => {
  const before = await ways.fastQueries();
  const seen = await ways.overThePort(asking(body));
  expect(await ways.fastQueries()).toBe(before + 1);
  expect(seen).toEqual(await ways.longWay(asking(body)));
  expect(seen.status).toBe(200);
});

test.each([
  ['an id that stands for nothing', { documentId: idOf('{ __typename }') }, 'PERSISTED_QUERY_NOT_FOUND'],
  ['a text that is not trusted', { query: '{ viewer { openid } }' }, 'PERSISTED_QUERY_NOT_FOUND'],
  ['an id and a text', { documentId: idOf(WHO), query: WHO, variables: { app: true } }, 'BAD_REQUEST'],
  ['one of several without its name', { documentId: idOf(SEVERAL) }, 'OPERATION_RESOLUTION_FAILURE'],
  ['a variable that is missing', { documentId: idOf(WHO) }, 'BAD_USER_INPUT'],
])('%s is refused the same both ways, as often as it is asked', async (_what, body, code) => {
  const before = await ways.fastQueries();
  for (let time = 0; time < 3; time += 1) {
    const seen = await ways.overThePort(asking(body));
    expect(seen).toEqual(await ways.longWay(asking(body)));
    expect(JSON.parse(seen.body).errors[0].extensions.code).toBe(code);
  }
  expect(await ways.fastQueries()).toBe(before);
});
