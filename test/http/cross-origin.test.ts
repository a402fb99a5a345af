import { afterEach, describe, expect, test } from '@jest/globals';
import type { InjectOptions } from 'fastify';
import type { Config } from '../../src/config.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

let wechat: StandInWechat | null = null;
let gateway: TestGateway | null = null;

afterEach(async () => {
  await gateway?.close();
  await wechat?.close();
  gateway = null;
  wechat = null;
});

async function start(config: Partial<Config>): Promise<(request: InjectOptions) => Promise<Answer>> {
  wechat = await startStandInWechat();
  const started = await startTestGateway({ wechatApiUrl: wechat.url, config });
  gateway = started;
  return async (request) => {
    const { statusCode, headers, body } = await started.running.app.inject(request);
    return { statusCode, headers, body };
  };
}

interface Answer {
  statusCode: number;
  headers: Record<string, unknown>;
  body: string;
}

const PRODUCTION = { environment: 'production', introspection: false } as const;
const DEVELOPMENT = { environment: 'development' } as const;
const LISTED = 'https://admin.example.com';

const preflight = (origin: string): InjectOptions => ({
  method: 'OPTIONS',
  url: '/graphql',
  headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
});
const post = (origin: string): InjectOptions => ({
  method: 'POST',
  url: '/graphql',
  headers: { origin, 'content-type': 'application/json' },
  payload: { query: '{ __typename }' },
});

describe('a page of another origin', () => {
  const rows: [title: string, config: Partial<Config>, origin: string, isAllowed: boolean][] = [
    ['a listed one', { ...PRODUCTION, corsOrigins: [LISTED] }, LISTED, true],
    ['one that is not listed', { ...PRODUCTION, corsOrigins: [LISTED] }, 'https://evil.example', false],
    ['one that begins like a listed one', { ...PRODUCTION, corsOrigins: [LISTED] }, `${LISTED}.evil.example`, false],
    ['a listed one without TLS', { ...PRODUCTION, corsOrigins: [LISTED] }, 'http://admin.example.com', false],
    ['any in production without a list', PRODUCTION, 'http://localhost:3000', false],
    ['a local one in development', DEVELOPMENT, 'http://localhost:5173', true],
    ['a local IPv6 one in development', DEVELOPMENT, 'http://[::1]:5173', true],
    ['one that looks local', DEVELOPMENT, 'http://localhost.evil.example', false],
    [
      'a local one in development with a list',
      { ...DEVELOPMENT, corsOrigins: [LISTED] },
      'http://localhost:5173',
      false,
    ],
    ['a sandboxed one', DEVELOPMENT, 'null', false],
  ];
  test.each(rows)('may read answers only when allowed: %s', async (_title, config, origin, isAllowed) => {
    const send = await start(config);
    const asked = await send(preflight(origin));
    const answer = await send(post(origin));
    for (const { headers } of [asked, answer]) {
      expect(headers['access-control-allow-origin']).toBe(isAllowed ? origin : undefined);
      expect(headers['access-control-allow-credentials']).toBeUndefined();
    }
  });

  test('learns by preflight what it may send, and may keep that for a while', async () => {
    const send = await start({ corsOrigins: [LISTED] });
    const { statusCode, headers, body } = await send(preflight(LISTED));
    expect({ statusCode, body }).toEqual({ statusCode: 204, body: '' });
    expect(headers).toMatchObject({
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': expect.stringContaining('authorization'),
      'access-control-max-age': '600',
      vary: 'Origin',
      'cache-control': 'no-store',
    });
  });

  test('reads the request id and when to come again', async () => {
    const send = await start({ corsOrigins: [LISTED] });
    const { headers } = await send(post(LISTED));
    expect(headers['access-control-expose-headers']).toBe('x-request-id, retry-after');
  });

  test('reads refusals like answers', async () => {
    const send = await start({ corsOrigins: [LISTED] });
    const { statusCode, headers } = await send({ ...post(LISTED), payload: '{' });
    expect(statusCode).toBe(400);
    expect(headers['access-control-allow-origin']).toBe(LISTED);
  });

  test('is answered 405 when nothing is listed and it asks first', async () => {
    const send = await start(PRODUCTION);
    const { statusCode, headers, body } = await send(preflight(LISTED));
    expect(statusCode).toBe(405);
    expect(headers.allow).toBe('GET, POST');
    expect(JSON.parse(body).errors[0].extensions.code).toBe('BAD_REQUEST');
  });
});

describe('security headers', () => {
  test.each([
    ['an answer', post('http://localhost')],
    ['a refusal', { method: 'GET', url: '/nothing' } as InjectOptions],
    ['a health check', { method: 'GET', url: '/healthz' } as InjectOptions],
  ])('are on %s', async (_title, request) => {
    const send = await start(PRODUCTION);
    const { headers } = await send(request);
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'x-frame-options': 'SAMEORIGIN',
      'cache-control': 'no-store',
      'strict-transport-security': expect.stringContaining('max-age='),
    });
    expect(headers['x-powered-by']).toBeUndefined();
  });

  test('leave the explorer to the policy it brings', async () => {
    const send = await start(DEVELOPMENT);
    const { headers, body } = await send({ method: 'GET', url: '/graphql', headers: { accept: 'text/html' } });
    expect(headers['content-type']).toMatch(/^text\/html/);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect(headers['content-security-policy']).toBeUndefined();
    expect(headers['cross-origin-embedder-policy']).toBeUndefined();
    expect(headers['strict-transport-security']).toBeUndefined();
    expect(body).toContain('http-equiv="Content-Security-Policy"');
  });

  test('there is no explorer in production', async () => {
    const send = await start(PRODUCTION);
    const { headers, statusCode } = await send({ method: 'GET', url: '/graphql', headers: { accept: 'text/html' } });
    expect(statusCode).toBe(400);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(await send({ method: 'GET', url: '/' })).toMatchObject({ statusCode: 404 });
  });
});
