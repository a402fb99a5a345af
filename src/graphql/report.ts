import type { ApolloServerPlugin } from '@apollo/server';
import { unwrapResolverError } from '@apollo/server/errors';
import type { GraphQLFormattedError } from 'graphql';
import { type ErrorCode, errorTable } from '../errors.js';
import { logFailure } from '../observe/log.js';
import type { RequestContext } from './context.js';

/** The status of an answer is that of its worst error. */
const RANK = [500, 503, 429, 401, 400, 200];

/**
 * Looks at every GraphQL answer once, when it is whole: sets its status and Retry-After over all its errors, counts it,
 * and writes one log line if it failed.
 */
export function report(): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      willSendResponse: async ({ response, errors, operation, contextValue }) => {
        const { log, metrics, requestId } = contextValue;
        const operationKind = operation?.operation ?? 'none';
        const answered = response.body.kind === 'single' ? (response.body.singleResult.errors ?? []) : [];
        const worst = worstOf(answered);
        metrics.requests.inc({ operation: operationKind, code: worst === null ? 'ok' : codeOf(worst.error) });
        if (worst === null) return;

        const status = statusOf(worst.error);
        if (status !== null) response.http.status = status;
        const retryAfterSeconds = Math.max(
          0,
          ...answered.map((error) => Number(error.extensions?.retryAfterSeconds ?? 0)),
        );
        if (retryAfterSeconds > 0) response.http.headers.set('retry-after', String(retryAfterSeconds));
        for (const error of answered) {
          if (codeOf(error) === 'INTERNAL_SERVER_ERROR' && error.extensions) error.extensions.requestId = requestId;
        }
        const cause = errors?.[worst.index];
        logFailure(log, codeOf(worst.error), unwrapResolverError(cause), { operation: operationKind });
      },
    }),
  };
}

function worstOf(errors: readonly GraphQLFormattedError[]): { error: GraphQLFormattedError; index: number } | null {
  const ranked = errors.map((error, index) => ({ error, index, rank: RANK.indexOf(statusOf(error) ?? 400) }));
  return ranked.sort((a, b) => a.rank - b.rank)[0] ?? null;
}

function codeOf(error: GraphQLFormattedError): string {
  return String(error.extensions?.code);
}

/** null for errors that are Apollo's own: it has set their status. */
function statusOf(error: GraphQLFormattedError): number | null {
  const code = codeOf(error);
  return code in errorTable ? errorTable[code as ErrorCode].httpStatus : null;
}
