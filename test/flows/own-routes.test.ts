import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance, FastifyRequest, HTTPMethods, InjectOptions } from 'fastify';
import { AppError, requireViewer } from '../../src/index.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, startTestGateway, type TestGateway } from '../support/test-gateway.js';

const DEAD = `mj_${'x'.repeat(43)}`;
const SECRET = 'CANARY-in-what-a-route-throws';

let wechat: StandInWechat;
let gateway: TestGateway;
let app: FastifyInstance;
let token: string;
const ran: string[] = [];

const who = (request: FastifyRequest) => ({ state: request.viewerState, openid: request.viewer?.openid ?? null });

function addRoutes(): void {
  app.get('/who', async (request) => who(request));
  app.get('/me', async (request) => ({ openid: requireViewer(request).openid }));
  app.get('/state', async ({ viewerState }) => ({ viewerState }));
  app.delete('/orders', async () => ({ ended: true }));
  app.put('/orders', async ({ body }) => ({ put: body }));
  app.get('/orders/:id', async ({ params }) => params);
  const note = (name: string) => async (request: FastifyRequest) => {
    ran.push(`${name} ${request.viewerState}`);
  };
  app.get('/hooked', { onRequest: [note('first'), note('second')], preHandler: note('last') }, async () => ({}));
  app.get(
    '/hooked-once',
    {
      onRequest: (request, _reply, done) => {
        ran.push(`only ${request.viewerState}`);
        done();
      },
    },
    async () => ({}),
  );
  app.get('/guarded', { onRequest: async (request) => void requireViewer(request) }, async () => {
    ran.push('guarded');
    return {};
  });
  app.get('/fails/:how', async ({ params }) => {
    throw failures[(params as { how: string }).how]?.();
  });
}

const failures: Record<string, () => unknown> = {
  limited: () => new AppError('RATE_LIMITED', { reason: 'CUPS', retryAfterSeconds: 9 }),
  forbidden: () => new AppError('FORBIDDEN', { detail: 'not theirs' }),
  notFound: () => new AppError('NOT_FOUND'),
  plain: () => new Error(SECRET),
  text: () => SECRET,
  nothing: () => undefined,
  status: () => Object.assign(new Error(SECRET), { statusCode: 422 }),
  serverStatus: () => Object.assign(new Error(SECRET), { statusCode: 502 }),
};

beforeAll(async () => {
  wechat = await startStandInWechat();
  gateway = await startTestGateway({ wechatApiUrl: wechat.url });
  app = gateway.running.app;
  addRoutes();
  await app.register(async (scope) => {
    scope.addHook('preHandler', async (request) => void ran.push(`scope ${request.viewerState}`));
    scope.get('/scope/who', async (request) => who(request));
  });
  token = await gateway.tokenFor(codeOf('alice'));
});

afterEach(() => {
  gateway.sessionFaults.clear();
  ran.length = 0;
});

afterAll(async () => {
  expect(JSON.stringify(gateway.logLines)).not.toContain(SECRET);
  await gateway.close();
  await wechat.close();
});

async function send(request: InjectOptions | string, carried: string | null = null) {
  const options: InjectOptions = typeof request === 'string' ? { url: request } : request;
  const headers = { ...options.headers, ...(carried === null ? {} : { authorization: `Bearer ${carried}` }) };
  const response = await app.inject({ ...options, headers });
  expect(response.body).not.toContain(SECRET);
  const requestId = response.headers['x-request-id'];
  const lines = gateway.logLines.filter((line) => line.requestId === requestId);
  return { status: response.statusCode, headers: response.headers, body: response.json(), requestId, lines };
}

describe('request.viewer', () => {
  test('is who sent the request', async () => {
    expect((await send('/who', token)).body).toEqual({ state: 'signedIn', openid: 'alice' });
    expect((await send('/who')).body).toEqual({ state: 'anonymous', openid: null });
    expect((await send('/me', token)).body).toEqual({ openid: 'alice' });
  });

  test('throws for a dead token, and without one where a viewer is required', async () => {
    for (const [url, carried] of [
      ['/who', DEAD],
      ['/me', DEAD],
      ['/me', null],
    ] as const) {
      const { status, body, lines } = await send(url, carried);
      expect([status, body.errors[0].extensions, lines.length]).toEqual([401, { code: 'UNAUTHENTICATED' }, 1]);
    }
    expect((await send('/state', DEAD)).body).toEqual({ viewerState: 'refused' });
  });

  test('throws SERVICE_UNAVAILABLE while the store is down; a request without a token does not notice', async () => {
    gateway.sessionFaults.always('get', 'fail before');
    for (const url of ['/who', '/me', '/guarded']) {
      const { status, headers, body } = await send(url, token);
      expect([status, headers['retry-after'], body.errors[0].extensions]).toEqual([
        503,
        '1',
        { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 1 },
      ]);
    }
    expect(ran).toEqual([]);
    expect((await send('/state', token)).body).toEqual({ viewerState: 'unknown' });
    expect((await send('/who')).body).toEqual({ state: 'anonymous', openid: null });
  });

  test('is known in the hooks of a route, one or several', async () => {
    await send('/hooked', token);
    await send('/hooked-once', DEAD);
    expect(ran).toEqual(['first signedIn', 'second signedIn', 'last signedIn', 'only refused']);
    expect((await send('/guarded')).status).toBe(401);
    expect((await send('/guarded', token)).status).toBe(200);
  });

  test('is known in a scope of its own', async () => {
    expect((await send('/scope/who', token)).body).toEqual({ state: 'signedIn', openid: 'alice' });
    expect(ran).toEqual(['scope signedIn']);
  });

  test('of one request is not that of another at the same time', async () => {
    const bob = await gateway.tokenFor(codeOf('bob'));
    const answers = await Promise.all([token, null, bob, DEAD, token].map((carried) => send('/who', carried)));
    expect(answers.map(({ status, body }) => body.openid ?? status)).toEqual(['alice', 200, 'bob', 401, 'alice']);
  });
});

describe('a probe', () => {
  test('with a token does not ask the store', async () => {
    const before = gateway.sessionFaults.calls.length;
    gateway.sessionFaults.always('get', 'fail before');
    expect((await send('/healthz', token)).status).toBe(200);
    expect(gateway.sessionFaults.calls).toHaveLength(before);
  });
});

describe('what a route throws', () => {
  const rows: [how: string, status: number, extensions: object, level: number][] = [
    ['limited', 429, { code: 'RATE_LIMITED', reason: 'CUPS', retryAfterSeconds: 9 }, 40],
    ['forbidden', 200, { code: 'FORBIDDEN' }, 30],
    ['notFound', 404, { code: 'NOT_FOUND' }, 30],
    ['plain', 500, { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) }, 50],
    ['text', 500, { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) }, 50],
    ['nothing', 500, { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) }, 50],
    ['status', 422, { code: 'BAD_REQUEST' }, 30],
    ['serverStatus', 500, { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) }, 50],
  ];
  test.each(rows)('is answered and logged like every other failure: %s', async (how, status, extensions, level) => {
    const { status: answered, headers, body, lines } = await send(`/fails/${how}`);
    expect([answered, body]).toEqual([status, { errors: [{ message: expect.any(String), extensions }] }]);
    expect(headers['content-type']).toContain('application/json');
    expect(headers['retry-after']).toBe(how === 'limited' ? '9' : undefined);
    const { code } = body.errors[0].extensions;
    expect(lines).toEqual([expect.objectContaining({ level, code, status, route: '/fails/:how' })]);
  });
});

describe('a method that a path of somebody does not know', () => {
  const rows: [method: HTTPMethods, url: string, allowed: string][] = [
    ['PUT', '/who', 'GET'],
    ['HEAD', '/who', 'GET'],
    ['DELETE', '/me', 'GET'],
    ['GET', '/orders', 'PUT, DELETE'],
    ['PATCH', '/orders', 'PUT, DELETE'],
    ['POST', '/scope/who', 'GET'],
    ['PUT', '/graphql', 'GET, POST'],
  ];
  test.each(rows)('is 405: %s %s', async (method, url, allowed) => {
    const response = await app.inject({ method, url });
    expect([response.statusCode, response.headers.allow]).toEqual([405, allowed]);
  });

  test('is none where there is a route', async () => {
    expect((await send({ method: 'DELETE', url: '/orders' })).body).toEqual({ ended: true });
    expect((await send({ method: 'PUT', url: '/orders', payload: { cup: 1 } })).body).toEqual({ put: { cup: 1 } });
    expect((await send('/nowhere')).status).toBe(404);
  });
});

describe('a hook of the whole app that asks for the viewer', () => {
  test('before it is known hears in the log what is wrong', async () => {
    const early = await startTestGateway({ wechatApiUrl: wechat.url });
    const { app: earlyApp } = early.running;
    earlyApp.addHook('onRequest', async (request) => void request.viewer);
    earlyApp.get('/hello', async () => ({}));
    const answer = await earlyApp.inject('/hello');
    expect([answer.statusCode, answer.json().errors[0].extensions.code]).toEqual([500, 'INTERNAL_SERVER_ERROR']);
    expect(answer.body).not.toContain('request.viewer');
    expect(early.logLines.filter(({ code }) => code === 'INTERNAL_SERVER_ERROR')).toEqual([
      expect.objectContaining({ level: 50, detail: expect.stringContaining('request.viewer is known') }),
    ]);
    await early.close();
  });

  test('later is told on routes of somebody', async () => {
    const late = await startTestGateway({ wechatApiUrl: wechat.url });
    const { app: lateApp } = late.running;
    const seen: string[] = [];
    lateApp.addHook('preHandler', async (request) => {
      if (request.routeOptions.url === '/hello') seen.push(request.viewerState);
    });
    lateApp.get('/hello', async () => ({}));
    await lateApp.inject('/hello');
    expect(seen).toEqual(['anonymous']);
    expect((await late.graphql('{ viewer { openid } }')).status).toBe(200);
    await late.close();
  });
});
