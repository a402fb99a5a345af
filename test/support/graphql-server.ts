import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import type { FastifyInstance } from 'fastify';
import { buildSchema } from 'graphql';
import { RequestContext } from '../../src/graphql/context.js';
import { formatError } from '../../src/graphql/format-error.js';
import { createReport } from '../../src/graphql/report.js';
import { reportEarlyRefusals } from '../../src/http/early-refusals.js';
import { graphqlRoute } from '../../src/http/routes/graphql.js';
import { createServer, type ServerOptions } from '../../src/http/server.js';
import { createLog } from '../../src/observe/log.js';
import { createMetrics } from '../../src/observe/metrics.js';
import { captureLog } from './log-capture.js';

export interface GraphqlServer {
  readonly app: FastifyInstance;
  // biome-ignore lint/suspicious/noExplicitAny: tests read lines of every shape
  readonly logLines: Record<string, any>[];
  readonly logText: string;
  metricsText(): Promise<string>;
  close(): Promise<void>;
}

export interface GraphqlServerOptions {
  typeDefs?: string;
  /** A function for each field of the roots. */
  rootValue?: Record<string, () => unknown>;
  plugins?: ApolloServerPlugin<RequestContext>[];
  /** What making the context throws. */
  contextFailure?: unknown;
  server?: Partial<ServerOptions>;
}

const NOT_HERE = () => {
  throw new Error('no verb is called here');
};

/** The HTTP and GraphQL of the gateway around a schema and resolvers of the test's own. Not listening yet. */
export async function startGraphqlServer(options: GraphqlServerOptions = {}): Promise<GraphqlServer> {
  const captured = captureLog();
  const log = createLog('info', captured.destination);
  const metrics = createMetrics();
  const report = createReport();
  const apollo = new ApolloServer<RequestContext>({
    schema: buildSchema(options.typeDefs ?? 'type Query { hello: String }'),
    rootValue: options.rootValue ?? {},
    formatError,
    includeStacktraceInErrorResponses: false,
    plugins: [report.plugin, ...(options.plugins ?? [])],
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
  await apollo.start();
  const { app, refusals } = await createServer({
    log,
    metrics,
    isProduction: false,
    trustProxy: null,
    corsOrigins: [],
    // No request is slow, however slow the machine is.
    now: () => 0,
    ...options.server,
  });
  graphqlRoute(app, {
    apollo,
    onAnswer: reportEarlyRefusals(report, refusals),
    context: async ({ id: requestId }) => {
      if (options.contextFailure !== undefined) throw options.contextFailure;
      return new RequestContext({
        requestId,
        authentication: { state: 'anonymous' },
        rolesOf: async () => [],
        sender: { addressBlock: '127.0.0.1', address: '127.0.0.1', userAgent: null },
        carriedToken: () => null,
        verbs: {
          logIn: NOT_HERE,
          logOut: NOT_HERE,
          listSessions: NOT_HERE,
          revokeSession: NOT_HERE,
          revokeSessions: NOT_HERE,
          register: NOT_HERE,
          logInWithPassword: NOT_HERE,
          changePassword: NOT_HERE,
          showUser: { profile: NOT_HERE, identities: NOT_HERE },
          linkIdentity: NOT_HERE,
          unlinkIdentity: NOT_HERE,
          updateProfile: NOT_HERE,
          closeAccount: NOT_HERE,
          decryptOpenData: NOT_HERE,
          bindPhoneNumber: NOT_HERE,
        },
        callsFor: () => ({ call: NOT_HERE, subscribeMessage: { send: NOT_HERE }, msgSecCheck: NOT_HERE }),
        gatewayLog: log,
        metrics,
      });
    },
  });
  return {
    app,
    get logText() {
      return captured.text();
    },
    get logLines() {
      return captured.lines();
    },
    metricsText: () => metrics.registry.metrics(),
    close: async () => {
      await app.close();
      await apollo.stop();
    },
  };
}
