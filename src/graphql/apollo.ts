import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import type { Log } from '../observe/log.js';
import type { RequestContext } from './context.js';
import { createDocumentStore } from './document-store.js';
import { formatError } from './format-error.js';
import { limits, MAX_ERRORS, withinLimits } from './limits.js';
import { refuseSubscriptions } from './refuse-subscriptions.js';

/** Everything Apollo would decide by NODE_ENV, or by a default that suits somebody else, is said here. */
export async function startApollo(options: {
  readonly schema: GraphQLSchema;
  readonly isProduction: boolean;
  readonly introspection: boolean;
  readonly log: Log;
  /** What is noted of each answer, what a browser gets, and somebody's own. */
  readonly plugins: readonly ApolloServerPlugin<RequestContext>[];
}): Promise<ApolloServer<RequestContext>> {
  const { schema, isProduction, introspection, log, plugins } = options;
  const apollo = new ApolloServer<RequestContext>({
    schema,
    formatError,
    parseOptions: { maxTokens: limits.tokens.most },
    validationRules: [withinLimits],
    validationOptions: { maxErrors: MAX_ERRORS },
    executionOptions: { maxCoercionErrors: MAX_ERRORS },
    documentStore: createDocumentStore(),
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
    plugins: [...plugins, refuseSubscriptions()],
  });
  await apollo.start();
  return apollo;
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
