import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { createGzip, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FetchJsonError, fetchJson, type JsonRequest } from '../src/fetch-json.js';
import { startOwnTime } from './support/own-time.js';
import {
  answerText,
  answerWith,
  type Behaviour,
  dribble,
  hang,
  resetAfterRequest,
  type StandInWechat,
  startStandInWechat,
} from './support/stand-in-wechat.js';

const CANARY = 'canary-7f3a';

let upstream: StandInWechat;

beforeEach(async () => {
  upstream = await startStandInWechat();
});

afterEach(async () => {
  await upstream.close();
});

function ask(request: Partial<JsonRequest> = {}) {
  return fetchJson({ url: `${upstream.url}/path`, query: { secret: CANARY }, timeoutMs: 3000, ...request });
}

async function failureOf(request: Partial<JsonRequest> = {}): Promise<FetchJsonError> {
  const error = await ask(request).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof FetchJsonError)) throw new Error('a FetchJsonError was expected');
  return error;
}

/** Everything of an error that a log, a debugger or a serializer can reach. */
function printed(error: FetchJsonError): string {
  return [
    inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
    error.stack,
    JSON.stringify(error),
  ].join('\n');
}

describe('an answer', () => {
  test.each(['text/plain', 'application/json', 'text/html; charset=gbk', 'image/png'])(
    'labelled %s is parsed as JSON',
    async (contentType) => {
      upstream.behaviour = answerText('{"a":[1,"é"]}', contentType);
      expect(await ask()).toEqual({ status: 200, body: { a: [1, 'é'] } });
    },
  );

  test('without a content type, with a byte order mark, is parsed as JSON', async () => {
    upstream.behaviour = answerWith(200, {}, '\ufeff{"a":1}');
    expect(await ask()).toEqual({ status: 200, body: { a: 1 } });
  });

  test('compressed with gzip is parsed as JSON', async () => {
    upstream.behaviour = answerWith(200, { 'content-encoding': 'gzip' }, gzipSync('{"a":1}'));
    expect(await ask()).toEqual({ status: 200, body: { a: 1 } });
  });

  test.each([400, 429, 500, 502, 503])('of status %d comes back without its body, after one call', async (status) => {
    upstream.behaviour = answerText('{"a":1}', 'application/json', status);
    expect(await ask()).toEqual({ status, body: null });
    expect(upstream.calls).toHaveLength(1);
  });

  test('of status 502 whose body never ends frees the socket', async () => {
    let closed = Promise.resolve();
    upstream.behaviour = (_call, response) => {
      closed = new Promise((resolve) => response.on('close', resolve));
      response.writeHead(502).write('<html>');
    };
    expect(await ask()).toEqual({ status: 502, body: null });
    await closed;
  });

  test('with the key __proto__ changes no prototype', async () => {
    upstream.behaviour = answerText('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
    const { body } = await ask();
    expect((body as { polluted?: unknown }).polluted).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('of exactly the largest size passes, and one byte more does not', async () => {
    upstream.behaviour = answerText('"1234"');
    expect(await ask({ maxBytes: 6 })).toEqual({ status: 200, body: '1234' });
    expect(await failureOf({ maxBytes: 5 })).toMatchObject({ kind: 'too_large' });
  });
});

describe('a request', () => {
  test('carries every printable character of its query', async () => {
    const secret = `${Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')}门`;
    upstream.behaviour = answerText('{}');
    await ask({ query: { secret } });
    expect(upstream.calls.map((call) => call.secret)).toEqual([secret]);
  });

  test('with a body is a POST of JSON', async () => {
    upstream.behaviour = async (_call, response, request) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      response.end(JSON.stringify({ method: request.method, type: request.headers['content-type'], text }));
    };
    const { body } = await ask({ body: { code: 'c' } });
    expect(body).toEqual({ method: 'POST', type: 'application/json', text: '{"code":"c"}' });
  });
});

const endless: Behaviour = (_call, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  endlessBytes().pipe(response);
};

const endlessGzip: Behaviour = (_call, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  endlessBytes().pipe(createGzip()).pipe(response);
};

const resetInBody: Behaviour = (_call, response, request) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
  response.write(`{"session_key":"${CANARY}`, () => request.socket.resetAndDestroy());
};

const notHttp: Behaviour = (_call, _response, request) => {
  request.socket.end(`${CANARY}\r\n\r\n`);
};

function endlessBytes(): Readable {
  return Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(16_384);
    })(),
  );
}

const brokenAnswers: readonly (readonly [string, Behaviour, string])[] = [
  ['an empty answer', answerText(''), 'not_json'],
  ['an answer without content', answerWith(204, {}, ''), 'not_json'],
  ['an HTML page', answerText(`<html>${CANARY}</html>`, 'text/html'), 'not_json'],
  ['an HTML page labelled JSON', answerText(`<html>${CANARY}</html>`, 'application/json'), 'not_json'],
  ['truncated JSON', answerText(`{"session_key":"${CANARY}`), 'not_json'],
  ['bytes that are not UTF-8', answerText(Buffer.from(`{"a":"${CANARY}\xff"}`, 'latin1')), 'not_utf8'],
  ['an answer over 64 KiB', answerText(JSON.stringify(CANARY.repeat(6000))), 'too_large'],
  ['an endless answer', endless, 'too_large'],
  ['an endless answer in gzip', endlessGzip, 'too_large'],
  ['gzip that is none', answerWith(200, { 'content-encoding': 'gzip' }, CANARY), 'failed'],
  ['a reset after the request', resetAfterRequest, 'reset'],
  ['a reset inside the body', resetInBody, 'reset'],
  ['an answer that is not HTTP', notHttp, 'failed'],
  ['a hang', hang, 'timeout'],
  ['a body that dribbles', dribble(20), 'timeout'],
];

describe('a failure', () => {
  test.each(brokenAnswers)('%s costs one call, ends in time and frees the socket', async (_name, behaviour, kind) => {
    let closed = Promise.resolve();
    upstream.behaviour = (call, response, request) => {
      closed = new Promise((resolve) => response.on('close', resolve));
      return behaviour(call, response, request);
    };
    const took = startOwnTime();
    const error = await failureOf({ timeoutMs: kind === 'timeout' ? 300 : 3000 });
    expect(error.kind).toBe(kind);
    expect(took()).toBeLessThan(2500);
    await closed;
    expect(upstream.calls).toHaveLength(1);
    expect(printed(error)).not.toContain(CANARY);
    expect(printed(error)).not.toContain(upstream.url);
  });

  test.each([301, 302, 303, 307, 308])('a redirect of status %d is not followed', async (status) => {
    const other = await startStandInWechat();
    upstream.behaviour = answerWith(status, { location: `${other.url}/?secret=${CANARY}` }, '{}');
    const error = await failureOf();
    expect(error.kind).toBe('redirect');
    expect(other.calls).toHaveLength(0);
    expect(printed(error)).not.toContain(CANARY);
    await other.close();
  });

  test('nobody listening is unreachable', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    const error = await failureOf({ url });
    expect(error).toMatchObject({ kind: 'unreachable', causeCode: 'ECONNREFUSED' });
    expect(printed(error)).not.toContain(CANARY);
    expect(printed(error)).not.toContain(url);
  });

  test('a URL that is none shows nothing of it', async () => {
    const error = await failureOf({ url: `${CANARY} is no URL` });
    expect(error.kind).toBe('failed');
    expect(printed(error)).not.toContain(CANARY);
  });

  test('a self-signed certificate is refused before anything is sent', async () => {
    let requests = 0;
    const server = https.createServer({ key: testKey, cert: testCertificate }, (_request, response) => {
      requests += 1;
      response.end('{}');
    });
    const port = await listen(server);
    const error = await failureOf({ url: `https://127.0.0.1:${port}` });
    expect(error).toMatchObject({ kind: 'tls', causeCode: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(requests).toBe(0);
    expect(printed(error)).not.toContain(CANARY);
    await close(server);
  });
});

async function listen(server: http.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function close(server: http.Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function closedPort(): Promise<number> {
  const server = http.createServer();
  const port = await listen(server);
  await close(server);
  return port;
}

// Made for this test alone, for 127.0.0.1, until 2126: `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1`.
const testKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgM7qclaDQ453TfNn8
CB0CjIqx259JOLIoN2LM3RlHxJWhRANCAARs/e2+nKEnnKhsM7TIC6nvV2R1iOPq
KI3mjw2SaJfWu2nOUe46vCqD98cv+ffizugzODu75ushos4SsxFdmtbb
-----END PRIVATE KEY-----`;

const testCertificate = `-----BEGIN CERTIFICATE-----
MIIBjzCCATagAwIBAgIUEVMKaqIl/NeGCWVNfebWiJdRkcEwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMjA5NTczOVoYDzIxMjYxMDI5
MDk1NzM5WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARs/e2+nKEnnKhsM7TIC6nvV2R1iOPqKI3mjw2SaJfWu2nOUe46vCqD
98cv+ffizugzODu75ushos4SsxFdmtbbo2QwYjAdBgNVHQ4EFgQUwHWl/yhOvzW4
+8hvyCKPLVlpamMwHwYDVR0jBBgwFoAUwHWl/yhOvzW4+8hvyCKPLVlpamMwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0cAMEQC
IHase6hUm6O2lcgoXUTc0UbxI4VwkQkNXYic9UclEuNdAiAYwfWuTePslsOvNiN0
gD0BcoUPfMaHXDjWC3HXRMU9Gw==
-----END CERTIFICATE-----`;
