import { afterEach, describe, expect, test } from '@jest/globals';
import { AppError } from '../../src/errors.js';
import { healthRoutes } from '../../src/http/routes/health.js';
import { type GraphqlServer, startGraphqlServer } from '../support/graphql-server.js';

let server: GraphqlServer | null = null;

afterEach(async () => {
  await server?.close();
  server = null;
});

async function start() {
  const stores = { sql: false, sessions: false };
  const state = { isDraining: false };
  const check = (name: keyof typeof stores) => async () => {
    if (!stores[name]) throw new AppError('SERVICE_UNAVAILABLE', { cause: new Error('CANARY-url') });
  };
  const started = await startGraphqlServer();
  server = started;
  healthRoutes(started.app, {
    checks: { sql: check('sql'), sessions: check('sessions') },
    isDraining: () => state.isDraining,
  });
  const get = async (url: string) => {
    const response = await started.app.inject({ url });
    expect(response.body).not.toContain('CANARY');
    return { status: response.statusCode, body: response.json() };
  };
  return { stores, state, get };
}

const unready = (message: string) => ({
  status: 503,
  body: { errors: [{ message, extensions: { code: 'SERVICE_UNAVAILABLE' } }] },
});

describe('readiness', () => {
  test('begins when every store has answered once, whenever that was', async () => {
    const { stores, get } = await start();
    expect(await get('/readyz')).toEqual(unready('Not ready: no answer yet from sql, sessions.'));
    stores.sql = true;
    expect(await get('/readyz')).toEqual(unready('Not ready: no answer yet from sessions.'));
    stores.sql = false;
    stores.sessions = true;
    expect(await get('/readyz')).toEqual({
      status: 200,
      body: { status: 'degraded', stores: { sql: 'no answer', sessions: 'ok' } },
    });
    stores.sql = true;
    expect(await get('/readyz')).toEqual({
      status: 200,
      body: { status: 'ready', stores: { sql: 'ok', sessions: 'ok' } },
    });
  });

  test('ends when the process is about to stop', async () => {
    const { stores, state, get } = await start();
    stores.sql = true;
    stores.sessions = true;
    expect(await get('/readyz')).toMatchObject({ status: 200 });
    state.isDraining = true;
    expect(await get('/readyz')).toEqual(unready('Shutting down.'));
    expect(await get('/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
  });

  test('is no GraphQL request, so that its failures are not counted as such', async () => {
    const { get } = await start();
    await get('/readyz');
    expect(await server?.metricsText()).not.toMatch(/^menjin_requests_total\{/m);
  });
});
