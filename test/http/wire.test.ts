import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type GraphqlServer, startGraphqlServer } from '../support/graphql-server.js';
import { openWire, type Wire, type WireAnswer } from '../support/wire.js';

const CANARY = 'CANARY-on-the-wire';
const QUERY = '{"query":"{__typename}"}';

function request(headers: string[] = [], body = QUERY, head = 'POST /graphql HTTP/1.1'): string {
  const lines = [
    head,
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

const CHUNKED =
  'POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
const MANY = Array.from({ length: 2000 }, () => 'a:b');

let server: GraphqlServer;
let port: number;
let wires: Wire[];
let answerHello: Promise<string>;

async function start(): Promise<void> {
  server = await startGraphqlServer({
    rootValue: { hello: () => answerHello },
    server: { timeouts: { headersMs: 200, requestMs: 400, checkMs: 50 } },
  });
  server.app.get('/healthz', async () => ({ status: 'ok' }));
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  port = (server.app.server.address() as AddressInfo).port;
}

beforeEach(async () => {
  wires = [];
  await start();
});

afterEach(async () => {
  for (const wire of wires) wire.close();
  await server.close();
});

async function open(): Promise<Wire> {
  const wire = await openWire(port);
  wires.push(wire);
  return wire;
}

/** Resolves when the server is rid of the next connection that it gets. */
async function nextConnectionClosed(): Promise<void> {
  const [socket] = (await once(server.app.server, 'connection')) as [Socket];
  await new Promise((resolve) => socket.once('close', resolve));
}

async function healthz(): Promise<number | undefined> {
  const wire = await open();
  wire.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return (await wire.answer())?.status;
}

function expectRefusal(answer: WireAnswer | null, status: number): void {
  expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/json; charset=utf-8' } });
  expect(JSON.parse(answer?.body ?? '')).toEqual({
    errors: [{ message: expect.stringMatching(/./), extensions: { code: 'BAD_REQUEST' } }],
  });
  expect(answer?.headers['cache-control']).toBe('no-store');
  expect(server.logLines).toEqual([
    expect.objectContaining({
      msg: 'refused',
      code: 'BAD_REQUEST',
      status,
      requestId: answer?.headers['x-request-id'],
      causeClass: expect.stringMatching(/./),
    }),
  ]);
  expect(`${answer?.body} ${server.logText}`).not.toContain(CANARY);
}

async function refusedCount(): Promise<number> {
  const text = await server.metricsText();
  return Number(/^menjin_requests_total\{operation="none",code="BAD_REQUEST"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

describe('bytes that are not a request of ours', () => {
  const rows: [title: string, bytes: string, status: number][] = [
    ['no HTTP at all', `${CANARY}\r\n\r\n`, 400],
    ['a TLS greeting', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03', 400],
    ['headers over 16 KiB', request([`X-Big: ${CANARY}${'x'.repeat(17 * 1024)}`]), 431],
    ['a NUL in a header', request([`X-Nul: ${CANARY}\0`]), 400],
    ['a lone CR in a header', request([`X-Cr: a\r${CANARY}`]), 400],
    ['a lone LF in a header', request([`X-Lf: a\nX-Smuggled: ${CANARY}`]), 400],
    ['a lone LF behind every line', request().replaceAll('\r\n', '\n'), 400],
    ['a line break folded into a header', request(['X-Fold: a', ` ${CANARY}`]), 400],
    ['space before the colon', request([`X-Space : ${CANARY}`]), 400],
    ['two lengths', request(['Content-Length: 5']), 400],
    ['a length and chunks', request(['Transfer-Encoding: chunked']), 400],
    ['a length that is no number', request().replace('Content-Length: ', 'Content-Length: +'), 400],
    ['a length beyond all numbers', request().replace('Content-Length: ', 'Content-Length: 9999999999999999999'), 400],
    ['a coding other than chunks', CHUNKED.replace('chunked', 'xchunked'), 400],
    ['a chunk whose length is no number', `${CHUNKED}${CANARY}\r\n`, 400],
    ['a negative length', `POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n`, 400],
    ['no host', 'GET /graphql HTTP/1.1\r\n\r\n', 400],
    ['two hosts', request([`Host: ${CANARY}`]), 400],
    ['two tokens', request([`Authorization: Bearer ${CANARY}`, 'authorization: Bearer b']), 400],
    [
      'a second token behind 2000 headers',
      request(['Authorization: Bearer a', ...MANY, 'Authorization: Bearer b']),
      400,
    ],
    ['two content types', request(['Content-Type: text/plain']), 400],
    ['two origins', request(['Origin: http://a', 'Origin: http://b']), 400],
    ['a GET with a body', request([], QUERY, 'GET /graphql?query={__typename} HTTP/1.1'), 400],
    ['a GET with chunks', CHUNKED.replace('POST', 'GET'), 400],
  ];
  test.each(rows)('are refused in JSON: %s', async (_title, bytes, status) => {
    const wire = await open();
    wire.write(Buffer.from(bytes, 'latin1'));
    expectRefusal(await wire.answer(), status);
    expect(await refusedCount()).toBe(1);
  });

  test('are refused when the headers do not arrive in time', async () => {
    const wire = await open();
    wire.write('GET /healthz HTTP/1.1\r\nHost: loc');
    expectRefusal(await wire.answer(), 408);
    await wire.ended;
  });

  test('are refused when the body does not arrive in time', async () => {
    const wire = await open();
    wire.write(request(['X-Test: 1']).slice(0, -5));
    expectRefusal(await wire.answer(), 408);
    await wire.ended;
  });

  test('are refused when chunks come for ever, a byte at a time', async () => {
    const wire = await open();
    wire.write(CHUNKED);
    const timer = setInterval(() => wire.write('1\r\n \r\n'), 20);
    const answer = await wire.answer();
    clearInterval(timer);
    expectRefusal(answer, 408);
    await wire.ended;
  });

  test('are refused when the chunks exceed the limit without saying so first', async () => {
    const wire = await open();
    wire.write(CHUNKED);
    for (let sent = 0; sent < 5; sent += 1) wire.write(`4000\r\n${'x'.repeat(0x4000)}\r\n`);
    expectRefusal(await wire.answer(), 413);
  });

  test.each([
    ['headers', 'GET /healthz HTTP/1.1\r\nHost: loc'],
    ['a body', request().slice(0, -5)],
    ['a chunk', `${CHUNKED}5\r\n{`],
  ])('leave no line when the client leaves in the middle of %s', async (_title, bytes) => {
    const isClosed = nextConnectionClosed();
    const wire = await open();
    wire.write(bytes);
    wire.close();
    await isClosed;
    expect(await healthz()).toBe(200);
    expect(server.logLines).toEqual([]);
  });

  test('leave one line when they break a body that was being read', async () => {
    const isClosed = nextConnectionClosed();
    const wire = await open();
    wire.write(`${CHUNKED}5\r\n{`);
    wire.write('no length\r\n'.repeat(10));
    const answer = await wire.answer();
    await isClosed;
    expect(await healthz()).toBe(200);
    expectRefusal(answer, 400);
  });
});

describe('a connection', () => {
  test('is ended with the refusal, also when the client keeps its own side open', async () => {
    const isClosed = nextConnectionClosed();
    const wire = await openWire(port, { keepsOpen: true });
    wires.push(wire);
    wire.write('GET /healthz HTTP/1.1\r\nHost: loc');
    expectRefusal(await wire.answer(), 408);
    await isClosed;
  });

  test('is ended without a word or a line when nothing comes', async () => {
    const wire = await open();
    expect(await wire.answer()).toBeNull();
    expect(server.logLines).toEqual([]);
  });

  test('answers what was sent in one go in its order', async () => {
    const wire = await open();
    const refused = request(['X-Request-Id: two'], '{"query":"{"}');
    wire.write(request(['X-Request-Id: one']) + refused + request(['X-Request-Id: three']));
    const answers = [await wire.answer(), await wire.answer(), await wire.answer()];
    expect(answers.map((answer) => [answer?.status, answer?.headers['x-request-id']])).toEqual([
      [200, 'one'],
      [400, 'two'],
      [200, 'three'],
    ]);
  });

  test('answers what came before bytes that are no HTTP, and then these', async () => {
    const wire = await open();
    answerHello = once(server.app.server, 'clientError').then(() => 'late');
    wire.write(request(['X-Request-Id: one']) + request(['X-Request-Id: two'], '{"query":"{ hello }"}'));
    wire.write(`${CANARY}\r\n\r\n`.repeat(3));
    const answers = [await wire.answer(), await wire.answer(), await wire.answer(), await wire.answer()];
    expect(answers.map((answer) => answer && [answer.status, answer.headers['x-request-id']])).toEqual([
      [200, 'one'],
      [200, 'two'],
      [400, server.logLines[0]?.requestId],
      null,
    ]);
    expect(server.logLines).toHaveLength(1);
  });

  test('takes what exceeds a length for the next request', async () => {
    const wire = await open();
    wire.write(`${request(['X-Request-Id: one'])}${CANARY}\r\n\r\n`);
    const answers = [await wire.answer(), await wire.answer(), await wire.answer()];
    expect(answers.map((answer) => answer?.status ?? null)).toEqual([200, 400, null]);
  });

  test('never takes the body that was refused for the next request', async () => {
    const wire = await open();
    const smuggled = request(['X-Request-Id: smuggled']);
    wire.write(request(['X-Request-Id: big'], smuggled + ' '.repeat(66 * 1024)));
    wire.write(request(['X-Request-Id: next']));
    const seen = [];
    for (let answer = await wire.answer(); answer !== null; answer = await wire.answer()) {
      seen.push(`${answer.status} ${answer.headers['x-request-id']}`);
      if (seen.length === 2) break;
    }
    expect(seen[0]).toBe('413 big');
    expect(seen).not.toContain('200 smuggled');
  });

  test('serves HTTP/1.0, which knows no host', async () => {
    const wire = await open();
    wire.write('GET /healthz HTTP/1.0\r\n\r\n');
    expect(await wire.answer()).toMatchObject({ status: 200, body: '{"status":"ok"}' });
  });

  test('overlooks an expectation it does not know', async () => {
    const wire = await open();
    wire.write(request(['Expect: a-miracle']));
    expect(await wire.answer()).toMatchObject({ status: 200 });
  });

  test('survives more headers than it looks at', async () => {
    const wire = await open();
    wire.write(request(Array.from({ length: 2500 }, () => 'a:b')));
    expect(await wire.answer()).toMatchObject({ status: 200 });
  });

  test.each(['PURGE', 'PROPFIND'])('answers the method %s with 405', async (name) => {
    const wire = await open();
    wire.write(`${name} /graphql HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const answer = await wire.answer();
    expectRefusal(answer, 405);
    expect(answer?.headers.allow).toBe('GET, POST');
  });
});
