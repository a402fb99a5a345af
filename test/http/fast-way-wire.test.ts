import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fastQueriesIn } from '../support/both-ways.js';
import { expectFast, fastWayScene, type OpenedGateway } from '../support/fast-way-scene.js';
import { openWire, type Wire } from '../support/wire.js';

const scene = fastWayScene();

describe('what is not plain has the answer that it had', () => {
  const QUERY = JSON.stringify({ query: '{ state }' });
  let without: OpenedGateway;

  beforeAll(async () => {
    // Of a plugin of somebody's own menjin knows nothing: no query is prepared.
    without = await scene.open({ own: { plugins: [{}] } });
    for (const each of [scene.ways, without.ways])
      for (let asked = 0; asked < 3; asked += 1) await each.overThePort({ body: QUERY });
  });

  afterAll(async () => {
    without.ways.close();
    await without.gateway.close();
  });

  type Bytes = readonly (string | Buffer)[];
  interface Head {
    readonly line?: string;
    readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  }

  function requestOf(body: string | Buffer, { line = 'POST /graphql HTTP/1.1', headers = {} }: Head = {}): Bytes {
    const all = {
      host: 'localhost',
      'content-type': 'application/json',
      'x-request-id': 'wire',
      'content-length': String(Buffer.byteLength(body)),
      ...headers,
    };
    const lines = Object.entries(all).flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}`));
    return [`${[line, ...lines].join('\r\n')}\r\n\r\n`, body];
  }

  /** What one socket gets for these bytes, up to the number of answers. */
  async function converse(at: string, bytes: Bytes, answers: number, inPieces: boolean) {
    const wire = await openWire(Number(new URL(at).port));
    scene.add(wire);
    if (inPieces) await inSmallPieces(wire, Buffer.concat(bytes.map((each) => Buffer.from(each))));
    else wire.write(Buffer.concat(bytes.map((each) => Buffer.from(each))));
    const got = [];
    for (let index = 0; index < answers; index += 1) {
      const answer = await wire.answer();
      if (answer === null) got.push(null);
      else got.push({ ...answer, headers: { ...answer.headers, date: '' } });
    }
    return got;
  }

  async function inSmallPieces(wire: Wire, bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; at += 7) {
      wire.write(bytes.subarray(at, at + 7));
      await new Promise(setImmediate);
    }
  }

  const CLOSE = { headers: { connection: 'close' } };
  const chunked = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n0\r\n\r\n`;
  const query = (more: object) => JSON.stringify({ query: '{ state }', ...more });
  const rows: [what: string, bytes: Bytes, isFast: boolean, options?: { answers?: number; inPieces?: boolean }][] = [
    ['a plain one', requestOf(QUERY), true],
    ['variables that nobody asked for', requestOf(query({ variables: { a: 1 }, operationName: null })), true],
    ['no variables', requestOf(query({ variables: null })), true],
    ['a charset', requestOf(QUERY, { headers: { 'content-type': 'application/json; charset=utf-8' } }), true],
    ['pieces', requestOf(QUERY), true, { inPieces: true }],
    ['two on one socket', [...requestOf(QUERY), ...requestOf(QUERY)], true, { answers: 2 }],
    [
      'three on one socket, one of them wrong',
      [...requestOf(QUERY), ...requestOf('{'), ...requestOf(QUERY)],
      true,
      { answers: 3 },
    ],
    [
      'a mutation between two',
      [
        ...requestOf(QUERY),
        ...requestOf(JSON.stringify({ query: 'mutation { logout { ended } }' })),
        ...requestOf(QUERY),
      ],
      true,
      { answers: 3 },
    ],
    ['any answer', requestOf(QUERY, { headers: { accept: '*/*' } }), true],
    ['an answer in JSON', requestOf(QUERY, { headers: { accept: 'application/json' } }), true],
    ['an answer of GraphQL', requestOf(QUERY, { headers: { accept: 'application/graphql-response+json' } }), false],
    [
      'either answer',
      requestOf(QUERY, { headers: { accept: 'application/graphql-response+json, application/json;q=0.9' } }),
      false,
    ],
    ['another answer', requestOf(QUERY, { headers: { accept: 'text/html' } }), false],
    ['an origin', requestOf(QUERY, { headers: { origin: 'http://localhost:3000' } }), false],
    ['a foreign origin', requestOf(QUERY, { headers: { origin: 'https://example.com' } }), false],
    ['another type', requestOf(QUERY, { headers: { 'content-type': 'text/plain' } }), false],
    ['another charset', requestOf(QUERY, { headers: { 'content-type': 'application/json; charset=gbk' } }), false],
    ['a spelling of the type', requestOf(QUERY, { headers: { 'content-type': 'Application/JSON' } }), false],
    ['no type', requestOf(QUERY, { headers: { 'content-type': '' } }), false],
    ['chunks', requestOf(chunked(QUERY), { headers: { 'content-length': [], 'transfer-encoding': 'chunked' } }), false],
    ['two tokens', requestOf(QUERY, { headers: { authorization: ['Bearer a', 'Bearer b'] } }), false],
    ['two hosts', requestOf(QUERY, { headers: { host: ['localhost', 'localhost'] } }), false],
    ['two of any header', requestOf(QUERY, { headers: { 'x-any': ['a', 'b'] } }), false],
    ['no host', requestOf(QUERY, { headers: { host: [] } }), false],
    ['a host that is none', requestOf(QUERY, { headers: { host: 'a b' } }), false],
    ['a host with a port that is none', requestOf(QUERY, { headers: { host: 'localhost:99999' } }), false],
    ['a host that is no address', requestOf(QUERY, { headers: { host: '256.1.1.1' } }), false],
    ['a host in no alphabet', requestOf(QUERY, { headers: { host: 'xn--a' } }), false],
    ['a byte order mark', requestOf(`\ufeff${QUERY}`), false],
    [
      'bytes that are not UTF-8',
      requestOf(
        Buffer.concat([
          Buffer.from('{"query":"{ state }","variables":{"a":"'),
          Buffer.from([0xff]),
          Buffer.from('"}}'),
        ]),
      ),
      false,
    ],
    ['no JSON', requestOf('{"query":'), false],
    ['a batch', requestOf(`[${QUERY},${QUERY}]`), false],
    ['a batch of one', requestOf(`[${QUERY}]`), false],
    ['no body', requestOf(''), false],
    ['null', requestOf('null'), false],
    ['extensions', requestOf(query({ extensions: {} })), false],
    [
      'a persisted query',
      requestOf(query({ extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } })),
      false,
    ],
    ['a documentId', requestOf(JSON.stringify({ documentId: 'sha256:1' })), false],
    ['a documentId with a query', requestOf(query({ documentId: 'sha256:1' })), false],
    ['a key of the prototype', requestOf('{"query":"{ state }","__proto__":{"query":"{ who }"}}'), false],
    ['two queries in one body', requestOf('{"query":"{ who }","query":"{ state }"}'), true],
    ['variables that are a text', requestOf(query({ variables: '{}' })), false],
    ['variables that are a list', requestOf(query({ variables: [] })), false],
    ['an operation of no name', requestOf(query({ operationName: '' })), false],
    ['an operation of a number', requestOf(query({ operationName: 1 })), false],
    [
      'GET',
      requestOf('', { line: 'GET /graphql?query=%7Bstate%7D HTTP/1.1', headers: { 'apollo-require-preflight': '1' } }),
      false,
    ],
    ['a query string', requestOf(QUERY, { line: 'POST /graphql?a=1 HTTP/1.1' }), false],
    ['a slash', requestOf(QUERY, { line: 'POST /graphql/ HTTP/1.1' }), false],
    ['a whole URL', requestOf(QUERY, { line: 'POST http://localhost/graphql HTTP/1.1' }), false],
    ['another method', requestOf(QUERY, { line: 'PUT /graphql HTTP/1.1' }), false],
    [
      'HEAD',
      requestOf('', { line: 'HEAD /graphql?query=%7Bstate%7D HTTP/1.1', headers: { connection: 'close' } }),
      false,
    ],
    [
      'an end to a connection that was kept',
      [...requestOf(QUERY), ...requestOf(QUERY, CLOSE), ...requestOf(QUERY)],
      true,
      { answers: 3 },
    ],
    ['a name twice, in two spellings', requestOf(QUERY, { headers: { 'x-any': 'a', 'X-Any': 'b' } }), false],
    [
      'names in capitals',
      requestOf(QUERY, { headers: { 'content-type': [], 'CONTENT-TYPE': 'application/json' } }),
      true,
    ],
    ['a length with a zero before it', requestOf(QUERY, { headers: { 'content-length': `0${QUERY.length}` } }), true],
    ['an empty token', requestOf(QUERY, { headers: { authorization: '' } }), true],
    ['a token of another kind', requestOf(QUERY, { headers: { authorization: 'Basic YTpi' } }), true],
    ['a cookie', requestOf(QUERY, { headers: { cookie: 'a=b; c=d' } }), true],
    ['an answer that may be packed', requestOf(QUERY, { headers: { 'accept-encoding': 'gzip, br' } }), true],
    ['a body that says it is packed', requestOf(QUERY, { headers: { 'content-encoding': 'gzip' } }), true],
    [
      'a proxy',
      requestOf(QUERY, { headers: { 'x-forwarded-for': '203.0.113.1', 'x-forwarded-proto': 'https' } }),
      true,
    ],
    ['a method in a header', requestOf(QUERY, { headers: { 'x-http-method-override': 'GET' } }), true],
    [
      'HTTP/1.0 that keeps its connection',
      requestOf(QUERY, { line: 'POST /graphql HTTP/1.0', headers: { connection: 'keep-alive' } }),
      false,
    ],
    ['HTTP/1.0', requestOf(QUERY, { line: 'POST /graphql HTTP/1.0' }), false],
    ['an end to the connection', requestOf(QUERY, { headers: { connection: 'close' } }), true],
    ['an upgrade', requestOf(QUERY, { headers: { connection: 'upgrade', upgrade: 'h2c' } }), true],
    ['a wafer token', requestOf(QUERY, { headers: { 'x-wx-skey': 'a' } }), false],
    ['a trace', requestOf(QUERY, { headers: { 'apollo-federation-include-trace': 'ftv1' } }), false],
    ['an expectation', requestOf(QUERY, { headers: { expect: 'a miracle' } }), false],
    ['64 KB', requestOf(query({ variables: { a: 'x'.repeat(64 * 1024 - 46) } })), true],
    ['65 KB', requestOf(query({ variables: { a: 'x'.repeat(65 * 1024) } })), false],
    ['a name that is none', requestOf(QUERY, { headers: { 'x-request-id': ['a', 'b'] } }), false],
  ];
  test.each(rows)('%s', async (_what, bytes, isFast, { answers = 1, inPieces = false } = {}) => {
    const before = await scene.ways.fastQueries();
    const got = await converse(scene.url, bytes, answers, inPieces);
    const isFaster = (await scene.ways.fastQueries()) > before;
    expect({ isFast: isFaster, answers: got.map(named) }).toEqual({
      isFast,
      answers: (await converse(without.url, bytes, answers, inPieces)).map(named),
    });
    expect(fastQueriesIn(await without.gateway.running.metricsText())).toBe(0);
  });

  /** A name that the gateway made up is another one each time. */
  function named(answer: Awaited<ReturnType<Wire['answer']>>) {
    if (answer === null) return null;
    const { headers } = answer;
    return {
      ...answer,
      headers: { ...headers, 'x-request-id': String(headers['x-request-id']).replace(/^[\w-]{22}$/, 'made up') },
    };
  }

  test('a body that does not arrive in time is refused', async () => {
    // No option, but the server's: nobody waits that long in a test.
    const config: object = { timeouts: { headersMs: 200, requestMs: 400, checkMs: 50 } };
    const [head = '', body = ''] = requestOf(QUERY);
    const seen = await Promise.all(
      [[], [{}]].map(async (plugins) => {
        const { gateway, ways, url } = await scene.start({ own: { plugins }, config });
        for (let asked = 0; asked < 3; asked += 1) await ways.overThePort({ body: QUERY });
        const wire = await openWire(Number(new URL(url).port));
        scene.add(wire);
        for (const bytes of [head, body, head, `${body}`.slice(0, 5)]) wire.write(bytes);
        const answers = [await wire.answer(), await wire.answer(), await wire.answer()];
        await wire.ended;
        const lines = gateway.logLines.map(({ time, requestId, ...line }) => line);
        return { statuses: answers.map((answer) => answer?.status), bodies: answers.map((each) => each?.body), lines };
      }),
    );
    expect(seen[0]?.statuses).toEqual([200, 408, undefined]);
    expect(seen[0]).toEqual(seen[1]);
  });

  test('a client that leaves in the middle harms nobody, and leaves no line', async () => {
    const before = scene.gateway.logLines.length;
    const [head = '', body = ''] = requestOf(QUERY);
    for (const sent of [
      String(head).slice(0, 30),
      head,
      Buffer.concat([Buffer.from(head), Buffer.from(body).subarray(0, 5)]),
    ]) {
      const wire = await openWire(Number(new URL(scene.url).port));
      wire.write(sent);
      await new Promise(setImmediate);
      wire.reset();
      await wire.ended;
    }
    await expectFast(scene, { body: QUERY });
    expect(scene.gateway.logLines.slice(before)).toEqual([]);
  });
});
