import type { ApolloServerPlugin, HTTPGraphQLRequest } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import { type ErrorCode, errorTable } from '../errors.js';
import { logFailure } from '../observe/log.js';
import type { RequestContext } from './context.js';
import { causeOf } from './format-error.js';

/** The status of an answer is that of its worst error. */
const RANK = [500, 503, 429, 401, 400, 200];

export interface Report {
  readonly plugin: ApolloServerPlugin<RequestContext>;
  /** Whether the failure of this request was counted and logged. Apollo refuses some requests before any plugin sees them. */
  isDone(asked: HTTPGraphQLRequest): boolean;
  /** What broke the answer to this request, when Apollo could make none. */
  crashOf(asked: HTTPGraphQLRequest): unknown;
}

/**
 * Looks at every GraphQL answer once, when it is whole: sets its status and Retry-After over all its errors, counts it,
 * and writes one log line if it failed.
 */
export function createReport(): Report {
  const done = new WeakSet<object>();
  const crashes = new WeakMap<object, unknown>();

  const plugin: ApolloServerPlugin<RequestContext> = {
    requestDidStart: async () => ({
      willSendResponse: async ({ request, response, errors, operation, contextValue }) => {
        const { log, metrics, requestId } = contextValue;
        const operationKind = operation?.operation ?? 'none';
        const answered = response.body.kind === 'single' ? (response.body.singleResult.errors ?? []) : [];
        const worst = worstOf(answered);
        metrics.requests.inc({ operation: operationKind, code: worst === null ? 'ok' : codeOf(worst.error) });
        if (worst === null) return;

        response.http.status = statusOf(worst.error) ?? refusalStatus(response.http.status);
        const retryAfterSeconds = Math.max(
          0,
          ...answered.map((error) => Number(error.extensions?.retryAfterSeconds ?? 0)),
        );
        if (retryAfterSeconds > 0) response.http.headers.set('retry-after', String(retryAfterSeconds));
        for (const error of answered) {
          if (codeOf(error) === 'INTERNAL_SERVER_ERROR' && error.extensions) error.extensions.requestId = requestId;
        }
        const cause = errors?.[worst.index];
        logFailure(log, codeOf(worst.error), causeOf(cause), { operation: operationKind });
        if (request.http !== undefined) done.add(request.http);
      },
    }),
    unexpectedErrorProcessingRequest: async ({ requestContext: { request }, error }) => {
      if (request.http !== undefined) crashes.set(request.http, error);
    },
  };
  return { plugin, isDone: (asked) => done.has(asked), crashOf: (asked) => crashes.get(asked) };
}

function worstOf(errors: readonly GraphQLFormattedError[]): { error: GraphQLFormattedError; index: number } | null {
  const ranked = errors.map((error, index) => ({ error, index, rank: rankOf(statusOf(error) ?? 400) }));
  return ranked.sort((a, b) => a.rank - b.rank)[0] ?? null;
}

/** Statuses that no rule orders count as 400. */
function rankOf(status: number): number {
  return RANK.indexOf(RANK.includes(status) ? status : 400);
}

function codeOf(error: GraphQLFormattedError): string {
  return String(error.extensions?.code);
}

/** null for requests that were refused before they ran: Apollo has set their status. */
function statusOf(error: GraphQLFormattedError): number | null {
  const code = codeOf(error);
  if (!(code in errorTable) || code === 'BAD_REQUEST') return null;
  return errorTable[code as ErrorCode].httpStatus;
}

/** 405 and the like stay. What was nobody's fault in Apollo's eyes is the client's in ours, or it would have a code of the table. */
function refusalStatus(status: number | undefined): number {
  return status !== undefined && status >= 400 && status < 500 ? status : 400;
}
