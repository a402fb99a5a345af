import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, searchForSecrets, startTestGateway, type TestGateway } from '../support/test-gateway.js';
import { openWire } from '../support/wire.js';

// The rule: an absent or empty header is nobody; `Bearer` in any case, blanks, and a token is that token; whatever else
// stands there is refused.

let wechat: StandInWechat;
let gateway: TestGateway;
let token: string;

beforeAll(async () => {
  wechat = await startStandInWechat();
  gateway = await startTestGateway({ wechatApiUrl: wechat.url });
  await gateway.running.app.listen({ host: '127.0.0.1', port: 0 });
  token = await gateway.tokenFor(codeOf('alice'));
});

afterAll(async () => {
  await gateway.close();
  await wechat.close();
});

beforeEach(() => {
  gateway.sessionFaults.calls.length = 0;
  gateway.sqlFaults.calls.length = 0;
});

const BODY = JSON.stringify({ query: '{ viewer { openid } }' });

/** Sends the header as these Latin-1 bytes. */
async function viewerFor(authorization: string): Promise<{ status: number; body: unknown }> {
  const wire = await openWire((gateway.running.app.server.address() as AddressInfo).port);
  const head = [
    'POST /graphql HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${BODY.length}`,
    `Authorization: ${authorization}`,
  ];
  wire.write(Buffer.from(`${head.join('\r\n')}\r\n\r\n${BODY}`, 'latin1'));
  const answer = await wire.answer();
  wire.close();
  searchForSecrets('an answer', answer?.body ?? '', [token]);
  return { status: answer?.status ?? 0, body: JSON.parse(answer?.body ?? 'null') };
}

const refused = {
  status: 401,
  body: { data: { viewer: null }, errors: [expect.objectContaining({ extensions: { code: 'UNAUTHENTICATED' } })] },
};
const storeCalls = () => [...gateway.sessionFaults.calls, ...gateway.sqlFaults.calls];

describe('the token of a session', () => {
  const rows: [title: string, header: (token: string) => string][] = [
    ['as documented', (given) => `Bearer ${given}`],
    ['in lower case', (given) => `bearer ${given}`],
    ['in capitals', (given) => `BEARER ${given}`],
    ['after a tab', (given) => `Bearer\t${given}`],
    ['after two spaces', (given) => `Bearer  ${given}`],
    ['before blanks', (given) => `Bearer ${given} \t`],
  ];
  test.each(rows)('is found %s', async (_title, header) => {
    expect(await viewerFor(header(token))).toEqual({ status: 200, body: { data: { viewer: { openid: 'alice' } } } });
  });
});

describe('a header without anything in it', () => {
  test.each(['', ' ', '\t'])('is nobody: %j', async (header) => {
    expect(await viewerFor(header)).toEqual({ status: 200, body: { data: { viewer: null } } });
    expect(storeCalls()).toEqual([]);
  });
});

describe('what cannot be a token', () => {
  const rows: [title: string, header: (token: string) => string][] = [
    ['no token', () => 'Bearer'],
    ['another scheme', (given) => `Basic ${given}`],
    ['no scheme', (given) => given],
    ['the scheme twice', (given) => `Bearer Bearer ${given}`],
    ['two tokens', (given) => `Bearer ${given} ${given}`],
    ['a list', (given) => `Bearer ${given}, Bearer ${given}`],
    ['a colon', (given) => `Bearer: ${given}`],
    ['15 KB', () => `Bearer ${'x'.repeat(15_000)}`],
    ['15 KB of blanks', () => `Bearer${' '.repeat(15_000)}x y`],
    ['42 characters', (given) => `Bearer ${given.slice(0, -1)}`],
    ['44 characters', (given) => `Bearer ${given}A`],
    ['another alphabet', (given) => `Bearer ${given.slice(0, -1)}+`],
    ['padding', (given) => `Bearer ${given}=`],
    ['no prefix', (given) => `Bearer ${given.slice(3)}`],
    ['another prefix', (given) => `Bearer MJ_${given.slice(3)}`],
    ["a store's prefix", (given) => `Bearer session:${given}`],
    ['percent-encoding', (given) => `Bearer ${given.replace('_', '%5F')}`],
    ['quotes', (given) => `Bearer "${given}"`],
    ['Latin-1 bytes', () => 'Bearer \xe9\xff\x80'],
    ['a blank that HTTP does not know before it', (given) => `Bearer \xa0${given}`],
    ['a blank that HTTP does not know behind it', (given) => `Bearer ${given}\xa0`],
    ['only a blank that HTTP does not know', () => '\xa0'],
    ['an emoji', () => `Bearer ${Buffer.from('🔑').toString('latin1')}`],
    ['names that objects have', () => 'Bearer __proto__'],
  ];
  test.each(rows)('is refused without asking a store: %s', async (_title, header) => {
    expect(await viewerFor(header(token))).toEqual(refused);
    expect(storeCalls()).toEqual([]);
  });
});

test('a token that names no session is refused after one look', async () => {
  const unknown = `mj_${'A'.repeat(43)}`;
  expect(await viewerFor(`Bearer ${unknown}`)).toEqual(refused);
  expect(storeCalls()).toEqual(['get']);
});

test('a login is not refused because of the header it carries', async () => {
  const query = `mutation { login(input: { code: "${codeOf('bob')}" }) { viewer { openid } } }`;
  const answer = await gateway.graphql(query, { headers: { authorization: 'Basic x' } });
  expect(answer.body).toEqual({ data: { login: { viewer: { openid: 'bob' } } } });
});
