import { createHash } from 'node:crypto';
import type { ApolloServerPlugin } from '@apollo/server';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { InjectOptions } from 'fastify';
import { LOG_IN, LOG_OUT, VIEWER } from '../../clients/miniprogram/src/generated/documents.js';
import { ConfigError } from '../../src/config.js';
import type { GatewayContext } from '../../src/graphql/context.js';
import { limits } from '../../src/graphql/limits.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import {
  codeOf,
  createTestClock,
  searchForSecrets,
  startTestGateway,
  type TestGateway,
} from '../support/test-gateway.js';

type Json = Record<string, unknown>;
type Mode = 'allow' | 'require';

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const idOf = (text: string) => `sha256:${hashOf(text)}`;

// As codegen prints them, in one line.
const WHO = 'query Who($app: Boolean = false) { viewer { openid appid @include(if: $app) session { id } } }';
const ENTER = 'mutation Enter($input: LoginInput!) { login(input: $input) { token isNewUser } }';
const SEVERAL = 'query A { viewer { openid } } query B { viewer { appid } } mutation C { logout { ended } }';
const SHOP = 'query Shop { viewer { platform } }';
const GREET = 'query Greet($name: String!) { greet(name: $name) fails }';
const texts = Object.fromEntries([...[WHO, ENTER, SEVERAL, GREET].map((text) => [idOf(text), text]), ['shop.1', SHOP]]);

/** Fits the schema, and stands in no manifest. */
const STRANGER = '{ viewer { openid } }';

let wechat: StandInWechat;
let gateways: Readonly<Record<Mode | 'absent', TestGateway>>;
let token: string;

const own = {
  typeDefs: 'type Query { greet(name: String!): String! fails: String }',
  resolvers: {
    Query: {
      greet: (_: unknown, { name }: { name: string }) => `hello ${name}`,
      fails: () => {
        throw new Error('a failure of somebody’s own');
      },
    },
  },
};

/** The gateways that parsed a text, once for each. */
const parsings: unknown[] = [];

const noteParsing = (mode: Mode | null): ApolloServerPlugin<GatewayContext> => ({
  requestDidStart: async () => ({
    parsingDidStart: async () => {
      parsings.push(mode);
    },
  }),
});

beforeAll(async () => {
  wechat = await startStandInWechat();
  const clock = createTestClock();
  const start = (mode: Mode | null) =>
    startTestGateway({
      ...{ wechatApiUrl: wechat.url, clock, own: { ...own, plugins: [noteParsing(mode)] } },
      config: { trustedDocuments: mode === null ? null : { mode, texts } },
    });
  gateways = { allow: await start('allow'), require: await start('require'), absent: await start(null) };
  token = await gateways.allow.tokenFor(codeOf('alice'));
});

afterAll(async () => {
  // These send texts of the harness only where they are answered.
  await Promise.all(Object.values(gateways ?? {}).map((gateway) => gateway.close()));
  await wechat.close();
});

const post = (payload: unknown, headers: Record<string, string> = {}): InjectOptions => ({
  method: 'POST',
  url: '/graphql',
  headers: { 'content-type': 'application/json', ...headers },
  payload: JSON.stringify(payload),
});

const get = (parameters: Record<string, string> | [string, string][], headers: Record<string, string> = {}) =>
  ({
    method: 'GET',
    url: `/graphql?${new URLSearchParams(parameters)}`,
    headers: { 'apollo-require-preflight': '1', ...headers },
  }) satisfies InjectOptions;

const persisted = (sha256Hash: unknown, version: unknown = 1) => ({ persistedQuery: { version, sha256Hash } });

/** An answer, and what the log has of it. */
async function send(gateway: TestGateway, request: InjectOptions) {
  const before = gateway.logLines.length;
  const response = await gateway.running.app.inject(request);
  searchForSecrets('an answer', response.body, gateway.secrets);
  const { date: _, ...headers } = response.headers;
  const body = response.json<{ data?: Json; errors?: { message: string; extensions: { code: string } }[] }>();
  return {
    status: response.statusCode,
    headers,
    text: response.body,
    body,
    code: body.errors?.[0]?.extensions.code ?? null,
    message: body.errors?.[0]?.message ?? null,
    lines: gateway.logLines.slice(before).map(({ time: _, ...line }) => line),
  };
}

/** How often requests were answered, by operation and code. */
async function countsOf({ running }: TestGateway): Promise<string[]> {
  const text = await running.metricsText();
  return text.split('\n').filter((line) => line.startsWith('menjin_requests_total'));
}

describe('a document that is named', () => {
  const named: [what: string, text: string, beside: Json][] = [
    ['a query', WHO, {}],
    ['a query with a variable', WHO, { variables: { app: true }, operationName: 'Who' }],
    ['a variable of another type', WHO, { variables: { app: 'yes' } }],
    ['a variable that is missing', GREET, {}],
    ['a resolver that fails', GREET, { variables: { name: 'a' } }],
    ['one operation of several', SEVERAL, { operationName: 'B' }],
    ['no operation of several', SEVERAL, {}],
    ['an operation that is not there', SEVERAL, { operationName: 'D' }],
    ['variables that are a text', WHO, { variables: '{}' }],
    ['extensions that are a list', WHO, { extensions: [] }],
    ['extensions of somebody’s own', WHO, { extensions: { a: 1 } }],
    ['a code that is none', ENTER, { variables: { input: { code: '' } } }],
    ['a mutation of several', SEVERAL, { operationName: 'C' }],
  ];

  test.each(named)('is answered, logged and counted as its text is: %s', async (_, text, beside) => {
    const headers = { 'x-request-id': 'as-its-text' };
    for (const mode of ['allow', 'require'] as const) {
      for (const authorization of [{}, { authorization: 'Bearer of-nobody' }]) {
        const gateway = gateways[mode];
        const start = await countsOf(gateway);
        const byText = await send(gateway, post({ query: text, ...beside }, { ...headers, ...authorization }));
        const between = await countsOf(gateway);
        const byId = await send(gateway, post({ documentId: idOf(text), ...beside }, { ...headers, ...authorization }));
        expect(byId).toEqual(byText);
        const counted = difference(start, between);
        expect(Object.values(counted)).toEqual([1]);
        expect(difference(between, await countsOf(gateway))).toEqual(counted);
      }
    }
  });

  test('says who asks, as its text does', async () => {
    const authorization = { authorization: `Bearer ${token}` };
    const answer = await send(gateways.allow, post({ documentId: idOf(WHO) }, authorization));
    expect(answer.body).toMatchObject({ data: { viewer: { openid: 'alice' } } });
    const byGet = await send(gateways.allow, get({ documentId: idOf(WHO), variables: '{"app":true}' }, authorization));
    expect(byGet.body).toMatchObject({ data: { viewer: { openid: 'alice', appid: expect.any(String) } } });
  });

  test('logs in where nothing else is answered', async () => {
    const input = { code: codeOf('bob') };
    const answer = await send(gateways.require, post({ documentId: idOf(ENTER), variables: { input } }));
    expect(answer.body.data).toMatchObject({ login: { isNewUser: true } });
  });

  const spellings: [what: string, request: InjectOptions][] = [
    ['its id', post({ documentId: idOf(WHO) })],
    ['its id, and nothing where the text would be', post({ documentId: idOf(WHO), query: '' })],
    ['its hash without the prefix', post({ documentId: hashOf(WHO) })],
    ['an id of another kind', post({ documentId: 'shop.1' })],
    ['the hash of one that has an id of another kind', post({ documentId: idOf(SHOP) })],
    ['Apollo’s extension', post({ extensions: persisted(hashOf(WHO)) })],
    ['Apollo’s extension, beside another', post({ extensions: { ...persisted(hashOf(WHO)), a: 1 } })],
    ['both: the id is taken', post({ documentId: idOf(WHO), extensions: persisted(hashOf(STRANGER)) })],
    ['its text, to the letter', post({ query: WHO })],
    ['its text, and a hash beside it', post({ query: WHO, extensions: persisted(hashOf(WHO)) })],
    ['its text, and no id', post({ query: WHO, documentId: null })],
    ['its id in a GET', get({ documentId: idOf(WHO) })],
    ['Apollo’s extension in a GET', get({ extensions: JSON.stringify(persisted(hashOf(WHO))) })],
    ['its text in a GET', get({ query: WHO, extensions: '{"a":1}' })],
  ];

  test.each(spellings)('may be named by %s', async (_, request) => {
    for (const mode of ['allow', 'require'] as const) {
      expect(await send(gateways[mode], request)).toMatchObject({ status: 200, text: '{"data":{"viewer":null}}\n' });
    }
  });
});

const NOT_FOUND = 'PERSISTED_QUERY_NOT_FOUND';
const NO_SUCH_ID = 'PersistedQueryNotFound';
const NO_SUCH_TEXT = /^Only trusted documents are answered here/;

describe('what cannot be answered is refused with one line in the log', () => {
  const always: [what: string, request: InjectOptions, code: string, message: string | RegExp][] = [
    ['an unknown id', post({ documentId: idOf(STRANGER) }), NOT_FOUND, NO_SUCH_ID],
    ['an id without end', post({ documentId: 'a'.repeat(60_000) }), NOT_FOUND, NO_SUCH_ID],
    ['a name of every object', post({ documentId: '__proto__' }), NOT_FOUND, NO_SUCH_ID],
    ['an empty id', post({ documentId: '' }), NOT_FOUND, NO_SUCH_ID],
    ['an unknown id in a GET', get({ documentId: 'x' }), NOT_FOUND, NO_SUCH_ID],
    ['an unknown hash', post({ extensions: persisted(hashOf(STRANGER)) }), NOT_FOUND, NO_SUCH_ID],
    ['an id that is no text', post({ documentId: [idOf(WHO)] }), 'BAD_REQUEST', /documentId must be a string/],
    ['two ids', get([['documentId', 'shop.1'], ['documentId', 'x']]), 'BAD_REQUEST', /only be specified once/], // biome-ignore format: a row
    ['an id and its text', post({ documentId: idOf(WHO), query: WHO }), 'BAD_REQUEST', /not both/],
    ['an id and another text', get({ documentId: idOf(WHO), query: STRANGER }), 'BAD_REQUEST', /not both/],
    ['a hash that is none', post({ extensions: persisted([hashOf(WHO)]) }), 'BAD_REQUEST', /sha256Hash/],
    ['another version', post({ extensions: persisted(hashOf(WHO), 2) }), 'BAD_REQUEST', /version 1/],
    ['nothing', post({ variables: {} }), 'BAD_REQUEST', /non-empty `query`/],
    ['a batch', post([{ documentId: idOf(WHO) }]), 'BAD_REQUEST', /batching/],
    ['a text that is a tree', post({ query: { kind: 'Document' } }), 'BAD_REQUEST', /must be strings/],
    ['a text twice', get([['query', WHO], ['query', STRANGER]]), 'BAD_REQUEST', /only be specified once/], // biome-ignore format: a row
    ['a mutation in a GET', get({ documentId: idOf(ENTER) }), 'BAD_REQUEST', /only support query/],
    ['a page of another site', get({ documentId: idOf(WHO) }, { 'apollo-require-preflight': '' }), 'BAD_REQUEST', /CSRF/], // biome-ignore format: a row
  ];

  test.each(always)('%s', async (_, request, code, message) => {
    for (const mode of ['allow', 'require'] as const) {
      const answer = await send(gateways[mode], request);
      expect(answer).toMatchObject({ code, message: expect.stringMatching(message) });
      expect(answer.status).toBe(/only support query/.test(String(message)) ? 405 : 400);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.lines).toMatchObject([{ code, requestId: answer.headers['x-request-id'], msg: 'refused' }]);
      expect(answer.body.errors).toHaveLength(1);
    }
  });

  test('an unknown hash is told to the operator, and no other id, which may be a secret', async () => {
    const ofHash = await send(gateways.require, post({ documentId: idOf(STRANGER) }));
    expect(ofHash.lines).toMatchObject([{ documentId: idOf(STRANGER) }]);
    for (const documentId of [token, codeOf('alice'), 'a'.repeat(65), `${idOf(STRANGER)}\n`]) {
      const { lines } = await send(gateways.require, post({ documentId }));
      expect(lines).toMatchObject([{ code: NOT_FOUND }]);
      expect(JSON.stringify(lines)).not.toContain(documentId.trim());
    }
  });

  test('a text that is not trusted, where it has to be, and only there', async () => {
    for (const request of [post({ query: STRANGER }), post({ query: STRANGER, extensions: persisted('x') })]) {
      expect(await send(gateways.allow, request)).toMatchObject({ status: 200, body: { data: { viewer: null } } });
      const refused = await send(gateways.require, request);
      expect(refused).toMatchObject({ status: 400, code: NOT_FOUND, message: expect.stringMatching(NO_SUCH_TEXT) });
      expect(refused.lines).toMatchObject([{ code: NOT_FOUND, msg: 'refused' }]);
    }
  });

  test('every name of a document, where none are configured', async () => {
    const byId = await send(gateways.absent, post({ documentId: idOf(WHO) }));
    expect(byId).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    const byHash = await send(gateways.absent, post({ extensions: persisted(hashOf(WHO)) }));
    expect(byHash).toMatchObject({ status: 400, code: 'PERSISTED_QUERY_NOT_SUPPORTED' });
    expect(await send(gateways.absent, post({ query: STRANGER, documentId: 'x' }))).toMatchObject({ status: 200 });
  });
});

describe('where only trusted documents are answered', () => {
  /** Texts whose reading would be told by another answer, or by another time. */
  const untrusted: [what: string, query: string][] = [
    ['one that fits the schema', STRANGER],
    ['a trusted one with a space more', `${WHO} `],
    ['two trusted ones', `${WHO} ${ENTER}`],
    ['one that is no GraphQL', '{ viewer {'],
    ['one of another schema', '{ secret }'],
    ['one without end', `{ ${'a'.repeat(60_000)} }`],
    ['one beyond every limit', `{ ${'a:viewer{openid} '.repeat(3000)} }`],
    ['the schema', '{ __schema { types { name } } }'],
  ];

  test.each(untrusted)('no text is parsed to be refused: %s', async (_, query) => {
    const { require: gateway } = gateways;
    const calls = [gateway.sessionFaults.calls.length, gateway.sqlFaults.calls.length, wechat.calls.length];
    const sent = [post({ query }, { authorization: `Bearer ${token}` })];
    if (query.length < 8000) sent.push(get({ query }, { authorization: `Bearer ${token}` }));
    for (const request of sent) {
      expect(await send(gateway, request)).toMatchObject({
        status: 400,
        code: NOT_FOUND,
        message: expect.stringMatching(NO_SUCH_TEXT),
      });
    }
    expect([gateway.sessionFaults.calls.length, gateway.sqlFaults.calls.length, wechat.calls.length]).toEqual(calls);
  });

  test('menjin’s own client logs in, is the viewer, and logs out', async () => {
    const { require: gateway } = gateways;
    const login = await gateway.graphql(LOG_IN, { variables: { input: { code: codeOf('carol') } } });
    const { token } = login.body.data.login;
    expect((await gateway.graphql(VIEWER, { token })).body.data.viewer.openid).toBe('carol');
    expect((await gateway.graphql(LOG_OUT, { token })).body.data).toEqual({ logout: { ended: true } });
    expect((await gateway.graphql(VIEWER, { token })).code).toBe('UNAUTHENTICATED');
  });

  test('a browser still gets the page of the explorer', async () => {
    const request = { url: '/graphql', headers: { accept: 'text/html' } };
    const { statusCode, headers } = await gateways.require.running.app.inject(request);
    expect([statusCode, headers['content-type']]).toEqual([200, 'text/html']);
  });

  test('no text was parsed at all, the trusted ones included', async () => {
    await send(gateways.require, post({ documentId: idOf(SHOP) }));
    await send(gateways.require, post({ query: VIEWER }));
    expect(parsings).not.toContain('require');
    await send(gateways.allow, post({ query: '{ viewer { platform } }' }));
    expect(parsings).toContain('allow');
  });
});

describe('a gateway does not start', () => {
  async function faultsOf(manifest: Record<string, string>, config: object = {}): Promise<string[]> {
    const given = { trustedDocuments: { mode: 'allow' as const, texts: manifest }, ...config };
    const started = startTestGateway({ wechatApiUrl: wechat.url, config: given }).then((gateway) => gateway.close());
    const error = await started.catch((failure: unknown) => failure);
    if (!(error instanceof ConfigError)) throw new Error('it was not refused');
    return error.faults.map(({ name, reason }) => `${name} ${reason}`);
  }

  const deep = `query Deep { viewer ${'{ user '.repeat(21)} { id } ${'}'.repeat(21)} }`;
  const rows: [what: string, text: string, reason: RegExp][] = [
    ['is not GraphQL', '{ viewer {', /^DOCUMENTS_FILE\["d"\] is not GraphQL: Syntax Error/],
    ['asks for what is not there', 'query Old { viewer { opened } }', /^\S+ \(Old\) .*Cannot query field "opened".*"openid"/],
    ['has no name, either', '{ gone }', /^\S+ \(without a name\) .*Cannot query field "gone"/],
    ['is too deep', deep, new RegExp(limits.depth.sentence.slice(0, -1))],
    ['has too many tokens', `{ ${'a '.repeat(1001)} }`, /at most 1000 tokens/],
    ['logs in twice', 'mutation M($i: LoginInput!) { a: login(input: $i) { token } b: login(input: $i) { token } }', /at most 1 field that logs in/],
    ['has only fragments', 'fragment F on Viewer { openid }', /Fragment "F" is never used/],
    ['subscribes', 'subscription S { viewer { openid } }', /\(S\)/],
    ['holds the code of somebody', 'mutation M { login(input: { code: 7 }) { token } }', /not of the type its place asks for$/],
  ]; // biome-ignore format: rows

  test.each(rows)('with a document that %s', async (_, text, reason) => {
    expect(await faultsOf({ good: WHO, d: text })).toEqual([expect.stringMatching(reason)]);
  });

  test('with one that asks for the schema where nobody may', async () => {
    const manifest = { d: 'query Schema { __schema { types { name } } }' };
    expect(await faultsOf(manifest, { introspection: false })).toEqual([
      expect.stringMatching(/introspection|Introspection/),
    ]);
    await expect(faultsOf(manifest, { introspection: true })).rejects.toThrow('it was not refused');
  });

  test('and every document is told, the first twenty of many', async () => {
    const manifest = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`d${n}`, `query Q${n} { gone }`]));
    const faults = await faultsOf({ good: WHO, ...manifest });
    expect(faults).toHaveLength(21);
    expect(faults[19]).toMatch(/^DOCUMENTS_FILE\["d19"\] \(Q19\) /);
    expect(faults[20]).toMatch(/ has 10 more documents like these$/);
  });
});

function difference(before: readonly string[], after: readonly string[]): Record<string, number> {
  const countOf = (line: string) => Number(line.slice(line.lastIndexOf(' ') + 1));
  const nameOf = (line: string) => line.slice(0, line.lastIndexOf(' '));
  const earlier = new Map(before.map((line) => [nameOf(line), countOf(line)]));
  const changed = after.map((line): [string, number] => [
    nameOf(line),
    countOf(line) - (earlier.get(nameOf(line)) ?? 0),
  ]);
  return Object.fromEntries(changed.filter(([, count]) => count !== 0));
}
