import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import type { Log } from '../observe/log.js';
import {
  ApolloServer,
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
} from './apollo-server.js';
import type { RequestContext } from './context.js';
import { createDocumentStore } from './document-store.js';
import { formatError } from './format-error.js';
import { limits, MAX_ERRORS, withinLimits } from './limits.js';
import { refuseSubscriptions } from './refuse-subscriptions.js';
import type { TrustedDocuments } from './trusted-documents.js';
import { waitForItems } from './wait-for-items.js';

/** Everything Apollo would decide by NODE_ENV, or by a default that suits somebody else, is said here. */
export async function startApollo(options: {
  readonly schema: GraphQLSchema;
  readonly isProduction: boolean;
  readonly introspection: boolean;
  readonly log: Log;
  /** What is noted of each answer, what a browser gets, and somebody's own. */
  readonly plugins: readonly ApolloServerPlugin<RequestContext>[];
  /** Not parsed again. */
  readonly trusted?: TrustedDocuments | null;
}): Promise<ApolloServer<RequestContext>> {
  const { schema, isProduction, introspection, log, plugins, trusted } = options;
  waitForItems(schema);
  const apollo = new ApolloServer<RequestContext>({
    schema,
    formatError,
    parseOptions: { maxTokens: limits.tokens.most },
    validationRules: [withinLimits],
    validationOptions: { maxErrors: MAX_ERRORS },
    executionOptions: { maxCoercionErrors: MAX_ERRORS },
    documentStore: createDocumentStore(trusted?.documents),
    introspection,
    hideSchemaDetailsFromClientErrors: isProduction,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    csrfPrevention: true,
    // Whoever started the process stops it, by one path.
    stopOnTerminationSignals: false,
    nodeEnv: isProduction ? 'production' : 'development',
    logger: quietLogger(log),
    // Nothing is cached; and its plugin would put a function around every resolver.
    plugins: [
      ...plugins,
      ApolloServerPluginCacheControlDisabled(),
      ...withoutTraces(schema, plugins),
      refuseSubscriptions(),
    ],
  });
  await apollo.start();
  return apollo;
}

/** Apollo adds its plugin for traces to every server, and it then traces subgraphs only: 16 ms and 1 MB for nothing. */
function withoutTraces(schema: GraphQLSchema, plugins: readonly object[]): ApolloServerPlugin[] {
  const isAskedFor = plugins.some((plugin) => Reflect.get(plugin, '__internal_plugin_id__') === 'InlineTrace');
  const isSubgraph = schema.getType('_Service') !== undefined;
  return isAskedFor || isSubgraph ? [] : [ApolloServerPluginInlineTraceDisabled()];
}

/** Apollo's own sentences may quote a request; what matters of them is in our lines already. */
function quietLogger(log: Log) {
  const line = () => undefined;
  const error = (sentence: string) => {
    // The request's own line says it.
    if (sentence.startsWith('Unexpected error processing request')) return;
    log.error({ source: 'apollo' }, 'Apollo Server reported an error');
  };
  return { debug: line, info: line, warn: line, error };
}
