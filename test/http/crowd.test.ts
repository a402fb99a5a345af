import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { startChild, type TestChild } from '../support/child-process.js';
import { startGraphqlServer } from '../support/graphql-server.js';
import { rounds } from '../support/rounds.js';
import { startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, startTestGateway } from '../support/test-gateway.js';
import { openWire } from '../support/wire.js';

let crowd: TestChild;

beforeEach(() => {
  crowd = startChild(new URL('./crowd-clients.ts', import.meta.url));
});

afterEach(async () => {
  await crowd.kill();
});

async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

const connectionsOf = (app: FastifyInstance) =>
  new Promise<number>((resolve) => app.server.getConnections((_error, count) => resolve(count)));

async function ask(port: number, request: string): Promise<{ status: number | undefined; body: unknown }> {
  const wire = await openWire(port);
  wire.write(request);
  const answer = await wire.answer();
  wire.close();
  return { status: answer?.status, body: JSON.parse(answer?.body ?? 'null') };
}

test('ten thousand idle connections do not keep others from being served', async () => {
  const count = rounds(2_000, 10_000);
  const wechat = await startStandInWechat();
  const gateway = await startTestGateway({ wechatApiUrl: wechat.url });
  const { app } = gateway.running;
  const port = await listen(app);
  const token = await gateway.tokenFor(codeOf('alice'));
  expect(await crowd.ask('stay', port, count)).toBe(count);

  const body = '{"query":"{ viewer { openid } }"}';
  const head = ['POST /graphql HTTP/1.1', 'Host: localhost', 'Content-Type: application/json'];
  const request = [...head, `Content-Length: ${body.length}`, `Authorization: Bearer ${token}`, '', body].join('\r\n');
  for (let asked = 0; asked < 20; asked += 1) {
    expect(await ask(port, request)).toEqual({ status: 200, body: { data: { viewer: { openid: 'alice' } } } });
  }
  expect(await crowd.ask('stillThere')).toBe(count);
  expect(await connectionsOf(app)).toBeGreaterThanOrEqual(count);

  await gateway.close();
  await wechat.close();
});

test('a slow loris does not keep others from being served', async () => {
  const count = rounds(200, 2_000);
  // Only the limit of the headers ends it in time for this test.
  const timeouts = { headersMs: 1_000, requestMs: 120_000, checkMs: 100 };
  const server = await startGraphqlServer({ server: { timeouts } });
  server.app.get('/healthz', async () => ({ status: 'ok' }));
  const port = await listen(server.app);
  const isCrowded = new Promise<void>((resolve) => {
    let opened = 0;
    server.app.server.on('connection', () => {
      opened += 1;
      if (opened === count) resolve();
    });
  });

  const dawdling = crowd.ask('dawdle', port, count);
  await isCrowded;
  for (let asked = 0; asked < 20; asked += 1) {
    const answer = await ask(port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(answer).toEqual({ status: 200, body: { status: 'ok' } });
  }
  expect(await dawdling).toBe(count);
  await server.close();
});
