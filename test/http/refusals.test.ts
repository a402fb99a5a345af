import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { InjectOptions } from 'fastify';
import { startGraphqlServer } from '../support/graphql-server.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { searchForSecrets, startTestGateway, type TestGateway } from '../support/test-gateway.js';

let wechat: StandInWechat;
let gateway: TestGateway;

beforeAll(async () => {
  wechat = await startStandInWechat();
  gateway = await startTestGateway({ wechatApiUrl: wechat.url });
});

afterAll(async () => {
  await gateway.close();
  await wechat.close();
});

const CANARY = 'CANARY-of-the-request';
const JSON_TYPE = { 'content-type': 'application/json' };
const query = JSON.stringify({ query: '{ __typename }' });
const post = (payload: string | Buffer, headers: Record<string, string> = JSON_TYPE): InjectOptions => ({
  method: 'POST',
  url: '/graphql',
  headers,
  payload,
});
const get = (url: string, headers: Record<string, string> = {}): InjectOptions => ({ method: 'GET', url, headers });
const method = (name: string, url = '/graphql') => ({ method: name, url }) as InjectOptions;
const PREFLIGHTED = { 'apollo-require-preflight': '1' };
const mutation = encodeURIComponent('mutation { logout { ended } }');

interface Row {
  title: string;
  request: InjectOptions;
  status: number;
  code: string;
  allow?: string;
  /** The label of its count: none, unless the operation was found. */
  operation?: string;
}

const rows: Row[] = [
  { title: 'an unknown path', request: get('/nothing'), status: 404, code: 'NOT_FOUND' },
  { title: 'an unknown path with a query', request: get(`/nothing?token=${CANARY}`), status: 404, code: 'NOT_FOUND' },
  { title: 'POST to an unknown path', request: { ...post(query), url: '/nothing' }, status: 404, code: 'NOT_FOUND' },
  { title: '/metrics on the public port', request: get('/metrics'), status: 404, code: 'NOT_FOUND' },
  { title: 'a path that is not percent-encoded UTF-8', request: get('/%zz'), status: 400, code: 'BAD_REQUEST' },
  ...['PUT', 'PATCH', 'DELETE', 'TRACE', 'OPTIONS', 'HEAD'].map((name) => ({
    title: `${name} of /graphql`,
    request: method(name),
    status: 405,
    code: 'BAD_REQUEST',
    allow: 'GET, POST',
  })),
  {
    title: 'DELETE of /healthz',
    request: method('DELETE', '/healthz'),
    status: 405,
    code: 'BAD_REQUEST',
    allow: 'GET',
  },
  {
    title: 'a mutation by GET',
    request: get(`/graphql?query=${mutation}`, PREFLIGHTED),
    status: 405,
    code: 'BAD_REQUEST',
    allow: 'POST',
    operation: 'mutation',
  },
  { title: 'a body over 64 KiB', request: post(`"${'x'.repeat(65 * 1024)}"`), status: 413, code: 'BAD_REQUEST' },
  { title: 'a body that is not JSON', request: post(`{${CANARY}`), status: 400, code: 'BAD_REQUEST' },
  { title: 'an empty body', request: post(''), status: 400, code: 'BAD_REQUEST' },
  { title: 'a body of white space', request: post(' \n'), status: 400, code: 'BAD_REQUEST' },
  { title: 'the body null', request: post('null'), status: 400, code: 'BAD_REQUEST' },
  { title: 'a body that is a string', request: post(`"${CANARY}"`), status: 400, code: 'BAD_REQUEST' },
  { title: 'a body that is a number', request: post('1'), status: 400, code: 'BAD_REQUEST' },
  { title: 'a list of what are no objects', request: post(`[1,"${CANARY}",[]]`), status: 400, code: 'BAD_REQUEST' },
  { title: 'an empty object', request: post('{}'), status: 400, code: 'BAD_REQUEST' },
  { title: 'a batch', request: post(`[${query},${query}]`), status: 400, code: 'BAD_REQUEST' },
  { title: 'an empty batch', request: post('[]'), status: 400, code: 'BAD_REQUEST' },
  { title: 'a query that is an object', request: post('{"query":{"a":1}}'), status: 400, code: 'BAD_REQUEST' },
  { title: 'a query that is a number', request: post('{"query":1}'), status: 400, code: 'BAD_REQUEST' },
  {
    title: 'variables that are a string',
    request: post('{"query":"{a}","variables":"{}"}'),
    status: 400,
    code: 'BAD_REQUEST',
  },
  {
    title: 'an operation name that is a number',
    request: post('{"query":"{a}","operationName":1}'),
    status: 400,
    code: 'BAD_REQUEST',
  },
  {
    title: 'a query given twice',
    request: get('/graphql?query={a}&query={b}', PREFLIGHTED),
    status: 400,
    code: 'BAD_REQUEST',
  },
  { title: 'GET without a query', request: get('/graphql', PREFLIGHTED), status: 400, code: 'BAD_REQUEST' },
  {
    title: 'bytes that are not UTF-8',
    request: post(Buffer.from(query.replace('__', '\xff'), 'latin1')),
    status: 400,
    code: 'BAD_REQUEST',
  },
  { title: 'UTF-16', request: post(Buffer.from(query, 'utf16le')), status: 400, code: 'BAD_REQUEST' },
  {
    title: 'UTF-16 with its mark',
    request: post(Buffer.from(`\ufeff${query}`, 'utf16le')),
    status: 400,
    code: 'BAD_REQUEST',
  },
  ...['latin1', 'utf-16', 'utf-7', '"iso-8859-1"', CANARY].map((charset) => ({
    title: `the charset ${charset}`,
    request: post(query, { 'content-type': `application/json; charset=${charset}` }),
    status: 415,
    code: 'BAD_REQUEST',
  })),
  ...[
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    CANARY,
  ].map((type) => ({
    title: `the content type ${type}`,
    request: post(query, { 'content-type': type }),
    status: 415,
    code: 'BAD_REQUEST',
  })),
  {
    title: 'GET without a header that a page of another site cannot set',
    request: get('/graphql?query={__typename}'),
    status: 400,
    code: 'BAD_REQUEST',
  },
  { title: 'POST without body and content type', request: method('POST'), status: 400, code: 'BAD_REQUEST' },
  ...['image/png', 'image/*', 'text/html', 'application/json;q=0', CANARY].map((accept) => ({
    title: `POST that accepts only ${accept}`,
    request: post(query, { ...JSON_TYPE, accept }),
    status: 406,
    code: 'BAD_REQUEST',
  })),
  ...['evil.example/path', 'a b', 'user@host', 'host:99999', 'h#x', '[::1', '%'].map((host) => ({
    title: `the host ${host}`,
    request: post(query, { ...JSON_TYPE, host }),
    status: 400,
    code: 'BAD_REQUEST',
  })),
  {
    title: 'a persisted query',
    request: post(JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } })),
    status: 400,
    code: 'PERSISTED_QUERY_NOT_SUPPORTED',
  },
  {
    title: 'a hash of a query that is an object',
    request: post(JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: { [CANARY]: 1 } } } })),
    status: 400,
    code: 'PERSISTED_QUERY_NOT_SUPPORTED',
  },
  {
    title: 'an unknown operation name',
    request: post(JSON.stringify({ query: 'query A { __typename }', operationName: CANARY })),
    status: 400,
    code: 'OPERATION_RESOLUTION_FAILURE',
  },
  {
    title: 'no operation name for two operations',
    request: post('{"query":"query A { __typename } query B { __typename }"}'),
    status: 400,
    code: 'OPERATION_RESOLUTION_FAILURE',
  },
  {
    title: 'a subscription',
    request: post('{"query":"subscription { viewer }"}'),
    status: 400,
    code: 'OPERATION_RESOLUTION_FAILURE',
    operation: 'subscription',
  },
  {
    title: 'an answer in parts',
    request: post('{"query":"{ ... @defer { __typename } }"}'),
    status: 400,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  { title: 'a syntax error', request: post('{"query":"{"}'), status: 400, code: 'GRAPHQL_PARSE_FAILED' },
  {
    title: 'an unknown field',
    request: post('{"query":"{ nothing }"}'),
    status: 400,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
];

async function count(operation: string, code: string): Promise<number> {
  const line = `menjin_requests_total{operation="${operation}",code="${code}"} `;
  const text = await gateway.running.metricsText();
  return Number(
    text
      .split('\n')
      .find((each) => each.startsWith(line))
      ?.slice(line.length) ?? 0,
  );
}

describe('a refused request', () => {
  test.each(rows)(
    'is answered with $status $code: $title',
    async ({ request, status, code, allow, operation = 'none' }) => {
      const linesBefore = gateway.logLines.length;
      const countBefore = await count(operation, code);

      const response = await gateway.running.app.inject(request);

      expect(response.statusCode).toBe(status);
      expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(response.headers['cache-control']).toBe('no-store');
      expect(response.headers['x-content-type-options']).toBe('nosniff');
      expect(response.headers.allow).toBe(allow);
      if (request.method !== 'HEAD') {
        expect(response.json()).toEqual({
          errors: [expect.objectContaining({ message: expect.stringMatching(/./), extensions: { code } })],
        });
      }
      const lines = gateway.logLines.slice(linesBefore);
      expect(lines).toEqual([
        expect.objectContaining({
          msg: 'refused',
          code,
          requestId: response.headers['x-request-id'],
          causeClass: expect.stringMatching(/./),
        }),
      ]);
      searchForSecrets('an answer or a line', `${response.body} ${JSON.stringify([response.headers, lines])}`, [
        CANARY,
      ]);
      if (request.url !== '/healthz') expect((await count(operation, code)) - countBefore).toBe(1);
    },
  );
});

describe('a request that is unusual and well-formed', () => {
  const accepted: [title: string, request: InjectOptions][] = [
    ['the field every type has', post(query)],
    ['a byte order mark', post(`\ufeff${query}`)],
    ['a named charset', post(query, { 'content-type': 'application/JSON; charset="UTF-8"' })],
    [
      '__proto__ in the body',
      post('{"query":"{ __typename }","__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'),
    ],
    [
      '__proto__ in the variables',
      post(
        '{"query":"{ __typename }","variables":{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}}',
      ),
    ],
    ['a key given twice', post('{"query":"{ nothing }","query":"{ __typename }"}')],
    ['a header __proto__', post(query, { ...JSON_TYPE, ['__proto__']: 'x', constructor: 'y' })],
    ['20 KB of Accept', post(query, { ...JSON_TYPE, accept: `${'text/x;q=0.1,'.repeat(1500)}*/*` })],
    ['a query by GET', get('/graphql?query={__typename}', PREFLIGHTED)],
    [
      'a query by GET that would rather have a page',
      get('/graphql?query={__typename}', { ...PREFLIGHTED, accept: 'application/json, text/html;q=0.9' }),
    ],
    ['an IPv6 host', post(query, { ...JSON_TYPE, host: '[::1]:4000' })],
  ];
  test.each(accepted)('is answered: %s', async (_title, request) => {
    const response = await gateway.running.app.inject(request);
    expect(response.json()).toEqual({ data: { __typename: 'Query' } });
    expect(response.statusCode).toBe(200);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test('is answered in the media type it prefers', async () => {
    const type = 'application/graphql-response+json';
    const response = await gateway.running.app.inject(post(query, { ...JSON_TYPE, accept: type }));
    expect(response.headers['content-type']).toBe(`${type}; charset=utf-8`);
  });
});

test('a login that nobody would read the answer of does not use up its code', async () => {
  const payload = JSON.stringify({ query: 'mutation { login(input: { code: "alice.406" }) { token } }' });
  const response = await gateway.running.app.inject(post(payload, { ...JSON_TYPE, accept: 'text/html' }));
  expect(response.statusCode).toBe(406);
  expect(wechat.calls.filter(({ code }) => code === 'alice.406')).toEqual([]);
});

test('what a trusted proxy says of the host is not believed to be one', async () => {
  const server = await startGraphqlServer({ server: { trustProxy: 1 } });
  const headers = { ...JSON_TYPE, 'x-forwarded-host': '://', 'x-forwarded-proto': ':', 'x-forwarded-for': 'x, ::1%y' };
  const response = await server.app.inject(post(query, headers));
  await server.close();
  expect(response.json()).toEqual({ data: { __typename: 'Query' } });
});
