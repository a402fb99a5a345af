import type { ApolloServerPlugin, HTTPGraphQLRequest } from '@apollo/server';
import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import { type ErrorCode, errorTable } from '../errors.js';
import { logFailure } from '../observe/log.js';
import { ownMessageField } from '../observe/own-message.js';
import type { RequestContext } from './context.js';
import { causeOf, REQUEST_CODES } from './format-error.js';
import { ownStatus } from './own-failure.js';

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
 *
 * @param showsOwnMessages whether that line has the message of an error made in somebody's own code
 */
export function createReport({ showsOwnMessages = false } = {}): Report {
  const done = new WeakSet<object>();
  const crashes = new WeakMap<object, unknown>();

  const plugin: ApolloServerPlugin<RequestContext> = {
    requestDidStart: async () => ({
      willSendResponse: async ({ request, response, errors, operation, contextValue }) => {
        const { log, metrics, requestId } = contextValue;
        const operationKind = operation?.operation ?? 'none';
        const answered = response.body.kind === 'single' ? (response.body.singleResult.errors ?? []) : [];
        const worst = worstOf(answered, errors ?? []);
        metrics.requests.inc({ operation: operationKind, code: worst === null ? 'ok' : labelOf(codeOf(worst.error)) });
        if (worst === null) return;

        response.http.status = worst.status ?? refusalStatus(response.http.status);
        const retryAfterSeconds = Math.max(
          0,
          ...answered.map((error) => Number(error.extensions?.retryAfterSeconds ?? 0)),
        );
        if (retryAfterSeconds > 0) response.http.headers.set('retry-after', String(retryAfterSeconds));
        for (const error of answered) {
          if (codeOf(error) === 'INTERNAL_SERVER_ERROR' && error.extensions) error.extensions.requestId = requestId;
        }
        const fields = showsOwnMessages ? ownMessageField(worst.cause) : {};
        logFailure(log, codeOf(worst.error), worst.cause, { operation: operationKind, ...fields });
        if (request.http !== undefined) done.add(request.http);
      },
    }),
    unexpectedErrorProcessingRequest: async ({ requestContext: { request }, error }) => {
      if (request.http !== undefined) crashes.set(request.http, error);
    },
  };
  return { plugin, isDone: (asked) => done.has(asked), crashOf: (asked) => crashes.get(asked) };
}

interface Judged {
  readonly error: GraphQLFormattedError;
  readonly cause: unknown;
  readonly status: number | null;
}

function worstOf(answered: readonly GraphQLFormattedError[], thrown: readonly GraphQLError[]): Judged | null {
  const judged = answered.map((error, index): Judged => {
    const cause = causeOf(thrown[index]);
    return { error, cause, status: statusOf(error, cause) };
  });
  return judged.sort((a, b) => rankOf(a.status ?? 400) - rankOf(b.status ?? 400))[0] ?? null;
}

/** Statuses that no rule orders count as 400. */
function rankOf(status: number): number {
  return RANK.indexOf(RANK.includes(status) ? status : 400);
}

function codeOf(error: GraphQLFormattedError): string {
  return String(error.extensions?.code);
}

/** null for requests that were refused before they ran: Apollo has set their status. */
function statusOf(error: GraphQLFormattedError, cause: unknown): number | null {
  const code = codeOf(error);
  if (isRequestError(error)) return null;
  return Object.hasOwn(errorTable, code) ? errorTable[code as ErrorCode].httpStatus : ownStatus(cause);
}

function isRequestError(error: GraphQLFormattedError): boolean {
  return error.path === undefined && REQUEST_CODES.has(codeOf(error));
}

/** A label's values are bounded; somebody's own codes may come from anywhere. */
function labelOf(code: string): string {
  return Object.hasOwn(errorTable, code) || REQUEST_CODES.has(code) ? code : 'own';
}

/** 405 and the like stay. What was nobody's fault in Apollo's eyes is the client's in ours, or it would have a code of the table. */
function refusalStatus(status: number | undefined): number {
  return status !== undefined && status >= 400 && status < 500 ? status : 400;
}
