import { randomBytes } from 'node:crypto';
import type { ApolloServerPlugin } from '@apollo/server';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { composeGateway, createGateway, type GatewayOptions } from '../../src/gateway.js';
import { type GatewayContext, requireViewer } from '../../src/index.js';
import type { Database } from '../../src/sql/database.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, startTestGateway, type TestGateway, testConfig } from '../support/test-gateway.js';

const typeDefs = `
  type Query { greeting: String!, orders: [String!] }
  extend type Viewer { nickname: String! }
  extend type User { points: Int! }
  type Mutation { buy(what: String!): Boolean }
`;
const bought: string[] = [];
const resolvers = {
  Query: {
    greeting: (_source: unknown, _args: unknown, { viewer }: GatewayContext) => `Hello, ${viewer?.openid ?? 'you'}.`,
    orders: (_source: unknown, _args: unknown, context: GatewayContext) => [requireViewer(context).openid],
  },
  Viewer: { nickname: ({ openid }: { openid: string }) => openid.toUpperCase() },
  User: { points: ({ id }: { id: string }) => id.length },
  Mutation: {
    buy: (_source: unknown, { what }: { what: string }) => {
      bought.push(what);
      return true;
    },
  },
};
const schema = makeExecutableSchema<GatewayContext>({
  typeDefs: 'type Query { whoami: String } type Shop { name: String }',
  resolvers: { Query: { whoami: (_source, _args, context) => requireViewer(context).appid } },
});

const LOGIN = `mutation ($code: String!) {
  login(input: { code: $code }) { token expiresAt isNewUser viewer { nickname platform user { points createdAt } } }
}`;

describe('SDL with a map, and a schema', () => {
  let wechat: StandInWechat;
  let gateway: TestGateway;

  beforeAll(async () => {
    wechat = await startStandInWechat();
    gateway = await startTestGateway({ wechatApiUrl: wechat.url, own: { typeDefs, resolvers, schema } });
  });

  afterAll(async () => {
    await gateway.close();
    await wechat.close();
  });

  test('are served beside what is of menjin, which is as before', async () => {
    const { body } = await gateway.graphql(LOGIN, { variables: { code: codeOf('alice') } });
    expect(body.data.login).toMatchObject({
      expiresAt: '2026-01-08T00:00:00.000Z',
      isNewUser: true,
      viewer: {
        nickname: 'ALICE',
        platform: 'WECHAT',
        user: { points: expect.any(Number), createdAt: '2026-01-01T00:00:00.000Z' },
      },
    });
    const { token } = body.data.login;
    const query = '{ greeting orders whoami viewer { openid nickname } }';
    expect((await gateway.graphql(query, { token })).body).toEqual({
      data: {
        greeting: 'Hello, alice.',
        orders: ['alice'],
        whoami: 'wxtest0000000001',
        viewer: { openid: 'alice', nickname: 'ALICE' },
      },
    });
    expect((await gateway.logout(token)).body).toEqual({ data: { logout: { ended: true } } });
    const after = await gateway.graphql(query, { token });
    expect([after.status, after.code]).toEqual([401, 'UNAUTHENTICATED']);
  });

  test('see the same viewer as resolver classes: none, dead, unknown', async () => {
    const anonymous = await gateway.graphql('{ greeting orders whoami }');
    expect([anonymous.status, anonymous.body.data]).toEqual([
      401,
      { greeting: 'Hello, you.', orders: null, whoami: null },
    ]);
    const token = await gateway.tokenFor(codeOf('bob'));
    gateway.sessionFaults.plan('get', 'fail before');
    const down = await gateway.graphql('{ orders whoami }', { token });
    expect([down.status, down.body.errors.map(({ extensions }: { extensions: object }) => extensions)]).toEqual([
      503,
      [
        { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 1 },
        { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 1 },
      ],
    ]);
  });

  test('do not lose the rule that an operation logs in once, nor any other limit', async () => {
    const calls = wechat.calls.length;
    const twice = await gateway.graphql(
      'mutation { a: login(input: { code: "x" }) { token } buy(what: "cup") b: login(input: { code: "y" }) { token } }',
    );
    expect([twice.code, twice.body.errors[0].message]).toEqual([
      'GRAPHQL_VALIDATION_FAILED',
      expect.stringContaining('at most 1 field that logs in, takes a code or opens data'),
    ]);
    const aliases = Array.from({ length: 16 }, (_, index) => `a${index}: buy(what: "cup")`).join(' ');
    const many = await gateway.graphql(`mutation { ${aliases} }`);
    expect(many.body.errors[0].message).toContain('at most 15 aliases');
    expect([bought, wechat.calls.length]).toEqual([[], calls]);
  });

  test('arguments of wrong types are refused without their values', async () => {
    const { status, code, body } = await gateway.graphql('mutation ($what: String!) { buy(what: $what) }', {
      variables: { what: { password: 'CANARY-value' } },
    });
    expect([status, code]).toEqual([400, 'BAD_USER_INPUT']);
    expect(JSON.stringify(body)).not.toContain('CANARY-value');
    expect(bought).toEqual([]);
  });
});

/** What a start says. Should it not be refused, nothing of this machine is written. */
async function refusalOf({ config, ...options }: GatewayOptions): Promise<unknown> {
  const nowhere = {
    environment: 'test',
    databaseUrl: 'memory:',
    sessionStoreUrl: 'memory:',
    secretKeys: [randomBytes(32)],
  };
  try {
    const gateway = await createGateway({ ...options, config: { ...nowhere, ...config } as GatewayOptions['config'] });
    await gateway.close();
    return 'it was not refused';
  } catch (error) {
    return error;
  }
}

describe('a start that is refused', () => {
  const config = testConfig({ wechatApiUrl: 'http://127.0.0.1:9' });

  test('names the option that does not exist', async () => {
    const wrong: [options: object, said: string][] = [
      [{ resolver: [] }, 'createGateway has no option resolver. It has: config, resolvers'],
      [{ now: Date.now }, 'createGateway has no option now.'],
      [{ toString: 'x' }, 'createGateway has no option toString.'],
      [{ config: { prot: 1 } }, 'config has no prot. It has: environment, host, port'],
      [{ config: { PORT: 1 } }, 'config has no PORT.'],
      [{ config: { toString: 1 } }, 'config has no toString.'],
    ];
    for (const [options, said] of wrong) {
      expect(await refusalOf(options)).toMatchObject({ name: 'TypeError', message: expect.stringContaining(said) });
    }
  });

  test('names the option that is of the wrong kind', async () => {
    const wrong: [parts: object, said: string][] = [
      [{ roles: ['ADMIN'] }, 'roles must be a function'],
      [{ plugins: { requestDidStart: () => undefined } }, 'plugins must be a list'],
    ];
    for (const [parts, said] of wrong) {
      expect(await refusalOf(parts)).toMatchObject({ name: 'TypeError', message: expect.stringContaining(said) });
    }
  });

  test('leaves no store open when the schema is wrong, or a plugin does not start', async () => {
    const broken: ApolloServerPlugin<GatewayContext> = {
      serverWillStart: async () => {
        throw new Error('the plugin does not start');
      },
    };
    const databases: Database[] = [];
    const wrapDatabase = (database: Database) => {
      databases.push(database);
      return database;
    };
    for (const [own, said] of [
      [{ typeDefs: 'type Query { viewer: Int }' }, "Query.viewer: that is menjin's own"],
      [{ plugins: [broken] }, 'the plugin does not start'],
    ] as const) {
      await expect(composeGateway(config, { ...own, wrapDatabase })).rejects.toThrow(said);
    }
    expect(databases).toHaveLength(1);
    for (const { query } of databases) {
      await expect(query((sql) => sql.selectFrom('users').selectAll().execute())).rejects.toThrow();
    }
  });
});

describe('gateway.close', () => {
  test('waits for the same end when it is called again, and stops the plugins once', async () => {
    const stopped: string[] = [];
    const plugin: ApolloServerPlugin<GatewayContext> = {
      serverWillStart: async () => ({
        serverWillStop: async () => {
          stopped.push('stopped');
        },
      }),
    };
    const gateway = await composeGateway(testConfig({ wechatApiUrl: 'http://127.0.0.1:9' }), { plugins: [plugin] });
    const first = gateway.close();
    await Promise.all([first, gateway.close()]);
    await gateway.close();
    expect(stopped).toEqual(['stopped']);
  });
});
