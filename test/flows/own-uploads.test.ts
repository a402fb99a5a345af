import type { AddressInfo } from 'node:net';
import multipart from '@fastify/multipart';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { InjectOptions } from 'fastify';
import { requireViewer } from '../../src/index.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, startTestGateway, type TestGateway } from '../support/test-gateway.js';
import { openWire } from '../support/wire.js';

const DEAD = `mj_${'x'.repeat(43)}`;
const BOUNDARY = 'a-boundary';

let wechat: StandInWechat;
let gateway: TestGateway;
let port: number;
let token: string;
let reads = 0;

beforeAll(async () => {
  wechat = await startStandInWechat();
  gateway = await startTestGateway({ wechatApiUrl: wechat.url });
  const { app } = gateway.running;
  app.post('/large', { bodyLimit: 256 * 1024 }, async ({ body }) => ({ length: JSON.stringify(body).length }));
  await app.register(async (scope) => {
    await scope.register(multipart, { limits: { files: 1, fileSize: 1024 } });
    scope.post('/avatar', async (request) => {
      const { openid } = requireViewer(request);
      reads += 1;
      const file = await request.file();
      return { openid, bytes: (await file?.toBuffer())?.length ?? null };
    });
  });
  await gateway.running.listen();
  ({ port } = app.server.address() as AddressInfo);
  token = await gateway.tokenFor(codeOf('alice'));
});

afterEach(() => {
  gateway.sessionFaults.clear();
  reads = 0;
});

afterAll(async () => {
  await gateway.close();
  await wechat.close();
});

async function send(options: InjectOptions, carried: string | null = null) {
  const headers = { ...options.headers, ...(carried === null ? {} : { authorization: `Bearer ${carried}` }) };
  const response = await gateway.running.app.inject({ ...options, headers });
  return { status: response.statusCode, body: response.json() };
}

describe('the body of a route of somebody', () => {
  const text = (length: number) => ({ text: 'x'.repeat(length) });
  const form = (bytes: number) =>
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\ncontent-type: image/png\r\n\r\n${'x'.repeat(bytes)}\r\n--${BOUNDARY}--\r\n`;
  const upload = (bytes: number): InjectOptions => ({
    method: 'POST',
    url: '/avatar',
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    payload: form(bytes),
  });

  test('may be larger where a route says so, and only there', async () => {
    const payload = text(100 * 1024);
    expect((await send({ method: 'POST', url: '/large', payload })).body.length).toBeGreaterThan(100 * 1024);
    const tooLarge = await send({ method: 'POST', url: '/large', payload: text(300 * 1024) });
    expect([tooLarge.status, tooLarge.body.errors[0].extensions.code]).toEqual([413, 'BAD_REQUEST']);
    const graphql = await send({ method: 'POST', url: '/graphql', payload });
    expect([graphql.status, graphql.body.errors[0].message]).toEqual([413, expect.stringContaining('64 KiB')]);
  });

  test('of an upload is read for a viewer', async () => {
    expect((await send(upload(1000), token)).body).toEqual({ openid: 'alice', bytes: 1000 });
    const tooLarge = await send(upload(2000), token);
    expect([tooLarge.status, tooLarge.body.errors[0].extensions.code]).toEqual([413, 'BAD_REQUEST']);
  });

  test('of an upload is read for nobody else', async () => {
    for (const carried of [null, DEAD]) expect((await send(upload(1000), carried)).status).toBe(401);
    gateway.sessionFaults.always('get', 'fail before');
    expect((await send(upload(1000), token)).status).toBe(503);
    expect(reads).toBe(0);
  });

  test('elsewhere is JSON only', async () => {
    const { status, body } = await send({ ...upload(10), url: '/graphql' });
    expect([status, body.errors[0].extensions.code]).toEqual([415, 'BAD_REQUEST']);
  });

  test('of an upload without a viewer is not waited for', async () => {
    const wire = await openWire(port);
    wire.write(
      `POST /avatar HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=${BOUNDARY}\r\nContent-Length: 100000\r\n\r\n--${BOUNDARY}`,
    );
    const answer = await wire.answer();
    expect([answer?.status, JSON.parse(answer?.body ?? '{}').errors[0].extensions.code]).toEqual([
      401,
      'UNAUTHENTICATED',
    ]);
    await wire.ended;
  });
});
