import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { GraphQLError } from 'graphql';
import { contextBuilder, type Gateway, type GatewayContext, requireViewer } from '../../src/index.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, startTestGateway, type TestGateway } from '../support/test-gateway.js';

const DEAD = `mj_${'x'.repeat(43)}`;

const typeDefs = 'type Query { who: String, me: String, state: String, asked: String, isAdmin: Boolean, own: String }';
type Resolve = (source: unknown, args: unknown, context: GatewayContext) => unknown;
const Query: Record<string, Resolve> = {
  who: (_source, _args, { viewer }) => viewer?.openid ?? 'nobody',
  me: (_source, _args, context) => requireViewer(context).openid,
  state: (_source, _args, { viewerState }) => viewerState,
  asked: (_source, _args, { requestId }) => requestId,
  isAdmin: (_source, _args, context) => context.hasRole('ADMIN'),
  own: () => {
    throw new GraphQLError('Sold out.', { extensions: { code: 'SOLD_OUT' } });
  },
};

let wechat: StandInWechat;
let gateway: TestGateway;
let contextOf: ReturnType<typeof contextBuilder>;
let server: ApolloServer<GatewayContext>;
let url: string;
let token: string;

beforeAll(async () => {
  wechat = await startStandInWechat();
  const roles = ({ openid }: { openid: string }) => (openid === 'alice' ? ['ADMIN'] : []);
  gateway = await startTestGateway({ wechatApiUrl: wechat.url, own: { roles } });
  contextOf = contextBuilder(gateway.running);
  token = await gateway.tokenFor(codeOf('alice'));
  server = new ApolloServer<GatewayContext>({ typeDefs, resolvers: { Query } });
  ({ url } = await startStandaloneServer(server, {
    listen: { port: 0, host: '127.0.0.1' },
    context: ({ req }) => contextOf(req),
  }));
});

afterEach(() => gateway.sessionFaults.clear());

afterAll(async () => {
  await server.stop();
  await gateway.close();
  await wechat.close();
});

async function post(query: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  const text = await response.text();
  expect(text).not.toContain(token);
  return { status: response.status, body: JSON.parse(text) };
}

const bearer = (carried: string) => ({ authorization: `Bearer ${carried}` });

describe('an Apollo Server of somebody, on a port', () => {
  test('knows the viewer, and roles', async () => {
    expect((await post('{ who me state isAdmin }', bearer(token))).body).toEqual({
      data: { who: 'alice', me: 'alice', state: 'signedIn', isAdmin: true },
    });
    expect((await post('{ who state isAdmin }')).body).toEqual({
      data: { who: 'nobody', state: 'anonymous', isAdmin: false },
    });
  });

  test('answers UNAUTHENTICATED with 401 where a viewer is missing or refused, and only there', async () => {
    for (const headers of [{}, bearer(DEAD), { authorization: 'Basic eHg=' }]) {
      const { status, body } = await post('{ me }', headers);
      expect([status, body.errors[0].extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
      expect(body.errors[0].extensions.http).toBeUndefined();
    }
    expect((await post('{ state }', bearer(DEAD))).body).toEqual({ data: { state: 'refused' } });
    expect((await post('{ who }', bearer(DEAD))).status).toBe(401);
  });

  test('answers SERVICE_UNAVAILABLE with 503 while the store is down', async () => {
    gateway.sessionFaults.always('get', 'fail before');
    for (const query of ['{ who }', '{ me }', '{ isAdmin }']) {
      const { status, body } = await post(query, bearer(token));
      expect([status, body.errors[0].extensions]).toEqual([
        503,
        expect.objectContaining({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 1 }),
      ]);
    }
    expect((await post('{ state }', bearer(token))).body).toEqual({ data: { state: 'unknown' } });
  });

  test('keeps its own ways with its own errors', async () => {
    const { status, body } = await post('{ own }', bearer(token));
    expect([status, body.errors[0].message, body.errors[0].extensions.code]).toEqual([200, 'Sold out.', 'SOLD_OUT']);
  });

  test('takes over the name of a request, if it can be one', async () => {
    const asked = async (name: string) => (await post('{ asked }', { 'x-request-id': name })).body.data.asked;
    expect(await asked('of-the-client')).toBe('of-the-client');
    expect(await asked('no name')).toMatch(/^[A-Za-z0-9_-]{16,}$/);
  });

  test('hears within one request that a session has ended', async () => {
    const mine = await gateway.tokenFor(codeOf('bob'));
    expect((await post('{ me isAdmin }', bearer(mine))).body.data).toEqual({ me: 'bob', isAdmin: false });
    await gateway.logout(mine);
    expect((await post('{ me }', bearer(mine))).status).toBe(401);
  });
});

describe('the context', () => {
  async function whoIs(request: Parameters<typeof contextOf>[0]): Promise<string> {
    const { viewer, viewerState } = await contextOf(request);
    return viewer?.openid ?? viewerState;
  }

  test('is made of any request with headers', async () => {
    const { authorization } = bearer(token);
    expect(await whoIs(new Request('http://localhost/', { headers: { authorization } }))).toBe('alice');
    expect(await whoIs({ headers: new Headers({ Authorization: authorization }) })).toBe('alice');
    expect(await whoIs({ headers: new Map([['authorization', authorization]]) as unknown as Headers })).toBe('alice');
    expect(await whoIs({ headers: { authorization } })).toBe('alice');
    expect(await whoIs({ headers: {} })).toBe('anonymous');
    expect(await whoIs({ headers: new Headers() })).toBe('anonymous');
  });

  test('is not that of nobody because a platform writes the names of headers in its own way', async () => {
    expect(await whoIs({ headers: { Authorization: `Bearer ${token}` } })).toBe('alice');
    expect(await whoIs({ headers: { authorization: [`Bearer ${token}`] } })).toBe('alice');
    const { viewerState } = await contextOf({ headers: { authorization: [`Bearer ${token}`, 'Bearer other'] } });
    expect(viewerState).toBe('refused');
  });

  test('survives that Apollo copies it, and is read only when somebody asks', async () => {
    const { body } = await server.executeOperation(
      { query: '{ who state }' },
      { contextValue: await contextOf({ headers: bearer(token) }) },
    );
    expect(body).toMatchObject({ singleResult: { data: { who: 'alice', state: 'signedIn' } } });
    const refused = await contextOf({ headers: bearer(DEAD) });
    const { body: stateOnly } = await server.executeOperation({ query: '{ state }' }, { contextValue: refused });
    expect(stateOnly).toMatchObject({ singleResult: { data: { state: 'refused' } } });
    expect({ ...refused }).not.toHaveProperty('viewer');
  });

  test('does not show the token', async () => {
    const { inspect } = await import('node:util');
    const context = await contextOf({ headers: bearer(token) });
    expect(`${inspect(context, { depth: 9, showHidden: true })} ${JSON.stringify(context)}`).not.toContain(token);
  });
});

test('what is no gateway of createGateway is a TypeError', () => {
  const { app, listen, authenticate, close } = gateway.running;
  for (const alike of [{}, { app, listen, authenticate, close }]) {
    expect(() => contextBuilder(alike as Gateway)).toThrow(TypeError);
  }
});
