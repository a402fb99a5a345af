import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { AppError, errorTable } from '../errors.js';
import { publicExtensions } from '../graphql/format-error.js';
import { randomId } from '../lib/random.js';
import { type Log, logFailure } from '../observe/log.js';
import { answerBrokenRequests } from './broken-requests.js';
import { acceptJsonBodies } from './json-body.js';
import { errorBody, REFUSALS } from './json-error.js';

export interface ServerOptions {
  readonly log: Log;
  readonly isProduction: boolean;
  readonly trustProxy: number | readonly string[] | null;
  readonly corsOrigins: readonly string[];
}

const BODY_LIMIT_BYTES = 64 * 1024;
const SLOW_MS = 1000;
const LOCAL_ORIGIN = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
const REQUEST_ID = /^[A-Za-z0-9_.-]{1,64}$/;

/** Fastify with everything that is the same on every path: bounds, headers, one shape of error. Routes come later. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { log, isProduction, trustProxy, corsOrigins } = options;
  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    // Time to receive a whole request, and between two on one connection. Node's own defaults are minutes.
    requestTimeout: 15_000,
    keepAliveTimeout: 65_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    trustProxy: trustedProxies(trustProxy),
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomId();
    },
    frameworkErrors: (error, request, reply) => answerError(log, error, request, reply),
    exposeHeadRoutes: false,
    clientErrorHandler: answerBrokenRequests,
  });
  app.server.maxConnections = 20_000;

  acceptJsonBodies(app);
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    hsts: isProduction,
  });
  await app.register(cors, {
    origin: corsOrigins.length > 0 ? [...corsOrigins] : isProduction ? false : LOCAL_ORIGIN,
    methods: ['GET', 'POST'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'x-request-id',
      'apollo-require-preflight',
      'x-apollo-operation-name',
    ],
    exposedHeaders: ['x-request-id', 'retry-after'],
    maxAge: 600,
    strictPreflight: false,
  });

  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    reply.header('cache-control', 'no-store');
    if (!URL.canParse(`http://${request.headers.host ?? ''}/`)) throw new AppError('BAD_REQUEST');
  });
  app.addHook('onSend', async (_request, reply, payload) => {
    // A page brings a policy of its own; two would be intersected.
    if (String(reply.getHeader('content-type')).startsWith('text/html')) reply.removeHeader('content-security-policy');
    return payload;
  });
  app.addHook('onResponse', async (request, reply) => {
    if (reply.elapsedTime < SLOW_MS) return;
    const route = request.routeOptions.url ?? null;
    log.warn(
      { requestId: request.id, route, status: reply.statusCode, elapsedMs: Math.round(reply.elapsedTime) },
      'slow',
    );
  });
  warnAboutUntrustedProxy(app, options);

  app.setErrorHandler((error: FastifyError | AppError, request, reply) => answerError(log, error, request, reply));
  app.setNotFoundHandler((request, reply) => answerUnknown(app, request, reply));
  return app;
}

/** The one place that turns what a route threw into an answer and a log line. */
function answerError(log: Log, error: FastifyError | AppError, request: FastifyRequest, reply: FastifyReply) {
  const requestId = request.id;
  const known = error instanceof AppError ? error : null;
  const status = known === null ? (error as FastifyError).statusCode : errorTable[known.code].httpStatus;
  const route = request.routeOptions.url ?? null;
  if (known !== null) {
    logFailure(log, known.code, known, { requestId, route, status });
    if (known.retryAfterSeconds !== undefined) reply.header('retry-after', known.retryAfterSeconds);
    return reply.code(status ?? 500).send(errorBody(known.code, known.message, publicExtensions(known)));
  }
  if (status !== undefined && status >= 400 && status < 500) {
    logFailure(log, 'BAD_REQUEST', error, { requestId, route, status });
    return reply.code(status).send(errorBody('BAD_REQUEST', REFUSALS[status]));
  }
  logFailure(log, 'INTERNAL_SERVER_ERROR', error, { requestId, route });
  return reply.code(500).send(errorBody('INTERNAL_SERVER_ERROR', undefined, { requestId }));
}

/** Another method of a path we know is 405 and says which it knows. */
function answerUnknown(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply) {
  const url = request.url.split('?', 1)[0] ?? '/';
  const allowed = (['GET', 'POST'] as const).filter((method) => app.hasRoute({ method, url }));
  if (allowed.length === 0) return reply.code(404).send(errorBody('NOT_FOUND'));
  return reply.code(405).header('allow', allowed.join(', ')).send(errorBody('BAD_REQUEST', REFUSALS[405]));
}

function trustedProxies(trustProxy: ServerOptions['trustProxy']) {
  if (trustProxy === null) return false;
  return typeof trustProxy === 'number' ? (_address: string, hop: number) => hop < trustProxy : [...trustProxy];
}

function warnAboutUntrustedProxy(app: FastifyInstance, { log, trustProxy }: ServerOptions): void {
  if (trustProxy !== null) return;
  let isWarned = false;
  app.addHook('onRequest', async (request) => {
    if (isWarned || request.headers['x-forwarded-for'] === undefined) return;
    isWarned = true;
    log.warn(
      'A request carries X-Forwarded-For, and TRUST_PROXY is not set: every client looks like the proxy. Set TRUST_PROXY to the number of proxies in front.',
    );
  });
}
