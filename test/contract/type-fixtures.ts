import { readFileSync } from 'node:fs';

/** A module of somebody who uses the package. */
export interface TypeFixture {
  readonly title: string;
  readonly source: string;
  /** The compiler's numbers; none when it compiles. */
  readonly errors: readonly string[];
}

/** What codegen makes of `query Order($id: ID!)` and of a query without variables. */
const documents = `
  declare class TypedDocumentString<R, V> extends String { __apiType?: (variables: V) => R; }
  declare const OrderDocument: TypedDocumentString<{ order: { id: string } | null }, { id: string }>;
  declare const ViewerDocument: TypedDocumentString<{ viewer: { openid: string } | null }, { [key: string]: never }>;`;

const simulatorSnippet = /^```ts\n([\s\S]*?)^```$/m.exec(
  readFileSync(new URL('../../docs/simulator.md', import.meta.url), 'utf8').replaceAll('\r\n', '\n'),
)?.[1];

export const typeFixtures: readonly TypeFixture[] = [
  {
    title: 'reading openid after a null check compiles',
    source: `import type { GatewayContext } from 'menjin';
      export const openid = (context: GatewayContext) => context.viewer === null ? null : context.viewer.openid;
      export const asked = (context: GatewayContext) => context.viewer?.session.expiresAt.getTime();`,
    errors: [],
  },
  {
    title: 'reading openid without a null check does not compile',
    source: `import type { GatewayContext } from 'menjin';
      export const openid = (context: GatewayContext) => context.viewer.openid;`,
    errors: ['TS18047'],
  },
  {
    title: 'a required viewer needs no null check',
    source: `import { type GatewayContext, requireViewer } from 'menjin';
      export const openid = (context: GatewayContext): string => requireViewer(context).openid;
      export const session = (context: GatewayContext): string => requireViewer(context).session;`,
    errors: ['TS2322'],
  },
  {
    title: 'a unionid is not taken for a string',
    source: `import type { Viewer } from 'menjin';
      export const unionid = (viewer: Viewer): string => viewer.unionid;`,
    errors: ['TS2322'],
  },
  {
    title: 'the viewer cannot be changed',
    source: `import type { Viewer } from 'menjin';
      export const become = (viewer: Viewer) => { viewer.openid = 'somebody else'; };`,
    errors: ['TS2540'],
  },
  {
    title: 'a state that does not exist does not compile',
    source: `import type { GatewayContext } from 'menjin';
      export const known = (context: GatewayContext) => context.viewerState === 'signedIn';
      export const wrong = (context: GatewayContext) => context.viewerState === 'loggedIn';`,
    errors: ['TS2367'],
  },
  {
    title: 'whether somebody has a role is known later',
    source: `import type { GatewayContext } from 'menjin';
      export const isAdmin = (context: GatewayContext): boolean => context.hasRole('ADMIN');
      export const isEither = (context: GatewayContext): Promise<boolean> => context.hasRole('ADMIN', 'EDITOR');`,
    errors: ['TS2322'],
  },
  {
    title: 'options of their types compile',
    source: `import 'menjin';
      import { createGateway, type GatewayContext, type GatewayOptions } from 'menjin';
      import type { ApolloServerPlugin } from '@apollo/server';
      import { Authorized, Ctx, Query, Resolver } from 'type-graphql';
      @Resolver()
      class Greetings {
        @Authorized()
        @Query(() => String)
        greeting(@Ctx() { viewer }: GatewayContext): string { return 'Hello, ' + viewer?.openid; }
      }
      const seesViewer: ApolloServerPlugin<GatewayContext> = {
        requestDidStart: async ({ contextValue }) => { console.log(contextValue.viewer?.openid); },
      };
      export const gateway = await createGateway({
        config: { port: 0, logLevel: 'silent', databaseUrl: 'memory:' },
        resolvers: [Greetings],
        roles: async ({ user }) => (user.id === '1' ? ['ADMIN'] : []),
        plugins: [seesViewer],
      });
      export const plain = await createGateway();
      export const options: GatewayOptions = { roles: () => ['READER'] };`,
    errors: [],
  },
  {
    title: 'an option of the wrong type does not compile',
    source: `import { createGateway } from 'menjin';
      export const first = await createGateway({ config: { port: '4000' } });
      export const second = await createGateway({ resolvers: ['Greetings'] });`,
    errors: ['TS2322', 'TS2322'],
  },
  {
    title: 'a misspelt option does not compile',
    source: `import { createGateway } from 'menjin';
      export const first = await createGateway({ confg: {} });
      export const second = await createGateway({ config: { sessionIdleTtl: '7d' } });
      export const third = await createGateway({ resolver: [] });`,
    errors: ['TS2561', 'TS2561', 'TS2561'],
  },
  {
    title: 'roles that are no list of words do not compile',
    source: `import { createGateway } from 'menjin';
      export const one = await createGateway({ roles: () => 'ADMIN' });
      export const numbers = await createGateway({ roles: async () => [1] });
      export const nothing = await createGateway({ roles: ({ role }) => [role] });`,
    errors: ['TS2322', 'TS2322', 'TS2339'],
  },
  {
    title: 'a plugin that wants a context of another kind does not compile',
    source: `import { createGateway } from 'menjin';
      import type { ApolloServerPlugin } from '@apollo/server';
      declare const tenants: ApolloServerPlugin<{ tenantName: string }>;
      export const gateway = await createGateway({ plugins: [tenants] });
      export const inline = await createGateway({
        plugins: [{ requestDidStart: async ({ contextValue }) => { console.log(contextValue.viewer.openid); } }],
      });`,
    errors: ['TS2322', 'TS18047'],
  },
  {
    title: 'a map of resolvers knows its context',
    source: `import { createGateway } from 'menjin';
      const typeDefs = 'type Query { greeting: String! } extend type Viewer { points: Int! }';
      export const right = await createGateway({
        typeDefs,
        resolvers: {
          Query: { greeting: (_source, _args, { viewer }) => 'Hello, ' + viewer?.openid },
          Viewer: { points: { resolve: async () => 7 } },
        },
      });
      export const wrong = await createGateway({
        typeDefs,
        resolvers: { Query: { greeting: (_source, _args, { viewer }) => 'Hello, ' + viewer.openid } },
      });`,
    errors: ['TS18047'],
  },
  {
    title: 'a map of resolvers of another shape does not compile',
    source: `import { createGateway } from 'menjin';
      const typeDefs = 'type Query { greeting: String! }';
      export const first = await createGateway({ typeDefs, resolvers: { Query: () => 'Hello' } });
      export const second = await createGateway({ typeDefs, resolvers: { Query: { greeting: true } } });`,
    errors: ['TS2322', 'TS2322'],
  },
  {
    title: 'the Fastify app has its type',
    source: `import type { Gateway } from 'menjin';
      export const address = (gateway: Gateway) => gateway.app.server.address();
      export const nothing = (gateway: Gateway) => gateway.app.nothing;`,
    errors: ['TS2339'],
  },
  {
    title: 'a route of one’s own knows the viewer, who may be nobody',
    source: `import { type Gateway, requireViewer } from 'menjin';
      export const routes = ({ app }: Gateway) => {
        app.get('/me', async (request) => ({ openid: requireViewer(request).openid, state: request.viewerState }));
        app.get('/perhaps', async ({ viewer }) => viewer?.openid ?? null);
        app.get('/surely', async ({ viewer }) => viewer.openid);
        app.addHook('preValidation', async (request) => { request.viewer = null; });
      };`,
    errors: ['TS18047', 'TS2540'],
  },
  {
    title: 'what authenticate answers may be nobody',
    source: `import type { Gateway } from 'menjin';
      export const openid = async (gateway: Gateway) => (await gateway.authenticate('token')).openid;`,
    errors: ['TS2531'],
  },
  {
    title: 'an error has a code of the table',
    source: `import { AppError, type ErrorCode } from 'menjin';
      export const code: ErrorCode = 'RATE_LIMITED';
      export const right = new AppError('FORBIDDEN', { reason: 'CLOSED', retryAfterSeconds: 60 });
      export const unknown = new AppError('SOLD_OUT');
      export const misspelt = new AppError('FORBIDDEN', { retryAfter: 60 });`,
    errors: ['TS2345', 'TS2353'],
  },
  {
    title: 'an Apollo Server of one’s own takes its context from the gateway',
    source: `import { ApolloServer } from '@apollo/server';
      import { startStandaloneServer } from '@apollo/server/standalone';
      import { contextBuilder, type Gateway, type GatewayContext } from 'menjin';
      export async function start(gateway: Gateway) {
        const contextOf = contextBuilder(gateway);
        const server = new ApolloServer<GatewayContext>({ typeDefs: 'type Query { greeting: String }' });
        await startStandaloneServer(server, { context: ({ req }) => contextOf(req) });
        await contextOf(new Request('http://127.0.0.1/'));
        await contextOf({ headers: 'authorization' });
        contextBuilder('gateway');
      }`,
    errors: ['TS2322', 'TS2345'],
  },
  {
    title: 'the schema is printed from options that concern it',
    source: `import { printGatewaySchema, UserType, ViewerType, SessionType } from 'menjin';
      export const sdl: string = printGatewaySchema({ typeDefs: 'extend type Query { a: Int }' });
      export const types = [UserType, ViewerType, SessionType];
      export const wrong = printGatewaySchema({ roles: 5, typeDef: '' });`,
    errors: ['TS2353'],
  },
  {
    title: 'a test gateway takes the same options, a clock and people',
    source: `import { createTestGateway } from 'menjin/testing';
      export const gateway = await createTestGateway({
        typeDefs: 'extend type Query { a: Int }', now: () => 0, roles: () => ['ADMIN'], users: [{ username: 'dora' }],
      });
      gateway.wechat.fail('busy');
      export const clock = await createTestGateway({ now: () => new Date() });
      export const misspelt = await createTestGateway({ user: [] });`,
    errors: ['TS2322', 'TS2561'],
  },
  {
    title: 'a typed document wants its variables, and gives its result',
    source: `import { createTestGateway } from 'menjin/testing';
      ${documents}
      const gateway = await createTestGateway();
      const alice = await gateway.signInAs('alice', { appid: gateway.wechat.appid });
      const { data, code, status } = await alice.graphql(OrderDocument, { id: '1' });
      export const id: string | undefined = data?.order?.id;
      export const answer: [string | null, number] = [code, status];
      const anonymous = await gateway.graphql(ViewerDocument);
      export const openid: string | undefined = anonymous.data?.viewer?.openid;
      export const text = (await gateway.graphql('{ viewer { openid } }')).data?.viewer;`,
    errors: [],
  },
  {
    title: 'wrong variables, missing ones, and a result that is not checked do not compile',
    source: `import type { SignedIn } from 'menjin/testing';
      ${documents}
      declare const alice: SignedIn;
      await alice.graphql(OrderDocument, { id: 1 });
      await alice.graphql(OrderDocument, { orderId: '1' });
      await alice.graphql(OrderDocument);
      await alice.graphql(ViewerDocument, { id: '1' });
      export const id = (await alice.graphql(OrderDocument, { id: '1' })).data.order;
      export const price = (await alice.graphql(OrderDocument, { id: '1' })).data?.order?.price;`,
    errors: ['TS2322', 'TS2353', 'TS2554', 'TS2322', 'TS2531', 'TS2339'],
  },
  {
    title: 'what the docs say of the simulator compiles',
    source: simulatorSnippet ?? 'there is no snippet',
    errors: [],
  },
  {
    title: 'a fault that the simulator does not know does not compile',
    source: `import { createSimulator } from 'menjin/simulator';
      (await createSimulator()).fail('sleepy');`,
    errors: ['TS2345'],
  },
];
