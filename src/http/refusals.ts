import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type ErrorCode, errorTable, publicExtensions } from '../errors.js';
import { type Log, logFailure } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import { ownMessageField } from '../observe/own-message.js';
import { errorBody, HttpRefusal, REFUSALS } from './json-error.js';
import { GRAPHQL_PATH } from './routes/graphql.js';

export interface Refusal {
  readonly requestId: string;
  /** The path of the route that took the request; null when none did. */
  readonly route: string | null;
  readonly status: number;
  /** What the client was told. */
  readonly code: string;
  /** Why, for the log. */
  readonly error: unknown;
  /** What else the log says; nothing that somebody sent. */
  readonly detail?: string;
}

export interface RefusalsParts {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Whether a log line has the message of an error made in somebody's own code. */
  readonly showsOwnMessages?: boolean;
}

export interface Refusals {
  /** One log line and one count for a request that did not get as far as a GraphQL operation. */
  report(refusal: Refusal): void;
  /** Turns what a route, a hook or Fastify threw into the answer, in the shape of every path unless another one is given. */
  answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, shape?: RefusalShape): FastifyReply;
  /** Another method of a path we know is 405 and says which it knows; any other path is 404. */
  answerUnknown(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): FastifyReply;
}

/** What a client is told of a failure, before it has a shape. */
export interface Told {
  readonly status: number;
  readonly code: ErrorCode;
  /** undefined: the table's. */
  readonly message: string | undefined;
  /** What else the client reads, `requestId` among it where it is to report that. */
  readonly extensions?: Record<string, unknown> | undefined;
}

export type RefusalShape = (told: Told) => { readonly status: number; readonly body: object };

const inErrors: RefusalShape = ({ status, code, message, extensions }) => ({
  status,
  body: errorBody(code, message, extensions),
});

export function createRefusals({ log, metrics, showsOwnMessages = false }: RefusalsParts): Refusals {
  function report({ code, error, ...fields }: Refusal): void {
    logFailure(log, code, error, { ...fields, ...(showsOwnMessages ? ownMessageField(error) : {}) });
    // The routes of probes and pages are no GraphQL requests; what no route took may have been meant as one.
    if (fields.route === null || fields.route === GRAPHQL_PATH) metrics.requests.inc({ operation: 'none', code });
  }

  function refuse(
    request: { readonly id: string; readonly route: string | null },
    reply: FastifyReply,
    told: Told,
    error: unknown,
    shape = inErrors,
  ): FastifyReply {
    const { code, extensions } = told;
    const named = code === 'INTERNAL_SERVER_ERROR' ? { ...extensions, requestId: request.id } : extensions;
    const { status, body } = shape({ ...told, extensions: named });
    report({ requestId: request.id, route: request.route, status, code, error });
    return reply.code(status).headers(headersOf(request.id)).send(body);
  }

  return {
    report,
    answerError(error, request, reply, shape) {
      if (hasLeft(request)) return reply.code(400).send();
      if (error instanceof AppError && error.retryAfterSeconds !== undefined) {
        reply.header('retry-after', error.retryAfterSeconds);
      }
      return refuse({ id: request.id, route: request.routeOptions.url ?? null }, reply, tell(error), error, shape);
    },
    answerUnknown(app, request, reply) {
      const url = request.url.split('?', 1)[0] ?? '/';
      const allowed = METHODS.filter((method) => app.hasRoute({ method, url }));
      const status = allowed.length === 0 ? 404 : 405;
      if (allowed.length > 0) reply.header('allow', allowed.join(', '));
      const code = status === 404 ? 'NOT_FOUND' : 'BAD_REQUEST';
      const told = { status, code, message: REFUSALS[status] } as const;
      return refuse({ id: request.id, route: null }, reply, told, new HttpRefusal(status));
    },
  };
}

/** Those that a route of somebody's own may have. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Whether the connection ended before the body did. If its bytes were at fault, they have been answered. */
function hasLeft({ raw }: FastifyRequest): boolean {
  // Injected requests do not know.
  return raw.destroyed && raw.complete === false;
}

/** What every answer carries, also one that no hook has seen. */
export function headersOf(requestId: string): Record<string, string> {
  return { 'x-request-id': requestId, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
}

function tell(error: unknown): Told {
  if (error instanceof AppError) {
    const { code, message } = error;
    return { status: errorTable[code].httpStatus, code, message, extensions: publicExtensions(error) };
  }
  const { statusCode: status, expose, message } = (error ?? {}) as Partial<FastifyError> & { expose?: unknown };
  if (status !== undefined && status >= 400 && status < 500) {
    const code = status === 404 ? 'NOT_FOUND' : 'BAD_REQUEST';
    // Packages that make errors for a client to read (http-errors, @fastify/sensible) mark them so.
    return { status, code, message: expose === true ? message : (REFUSALS[status] ?? errorTable[code].message) };
  }
  return { status: 500, code: 'INTERNAL_SERVER_ERROR', message: undefined };
}
