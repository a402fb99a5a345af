import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Log } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import { answerBrokenRequests } from './broken-requests.js';
import { acceptJsonBodies } from './json-body.js';
import { createRefusals, headersOf, type Refusals } from './refusals.js';
import { requestIdOf } from './request-id.js';
import { GRAPHQL_PATH } from './routes/graphql.js';
import { checkHeaders } from './strict-requests.js';
import { type TrustProxy, trustedProxies, warnAboutUntrustedProxy } from './trusted-proxies.js';

export interface ServerOptions {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly isProduction: boolean;
  readonly trustProxy: TrustProxy;
  readonly corsOrigins: readonly string[];
  readonly timeouts?: Timeouts;
  readonly showsOwnMessages?: boolean;
  /** A clock that is never set, in ms. */
  readonly now?: () => number;
}

export interface Timeouts {
  /** Until a request's headers have arrived. */
  readonly headersMs: number;
  /** Until its body has, too. */
  readonly requestMs: number;
  /** How often both are looked at: either may end this much late. */
  readonly checkMs: number;
}

export interface Server {
  readonly app: FastifyInstance;
  readonly refusals: Refusals;
}

/** Node's own are minutes. */
const TIMEOUTS: Timeouts = { headersMs: 10_000, requestMs: 15_000, checkMs: 2_000 };
/** Longer than the idle time-outs of the usual proxies, which must be the ones to end a connection. */
const KEEP_ALIVE_MS = 65_000;
const HEADER_LIMIT_BYTES = 16 * 1024;
export const BODY_LIMIT_BYTES = 64 * 1024;
export const SLOW_MS = 1000;
const LOCAL_ORIGIN = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Fastify with everything that is the same on every path: bounds, headers, one shape of error. Routes come later. */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { isProduction, trustProxy, timeouts = TIMEOUTS } = options;
  const refusals = createRefusals(options);
  const brokenRequests = answerBrokenRequests(refusals);
  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: {
      maxHeaderSize: HEADER_LIMIT_BYTES,
      headersTimeout: timeouts.headersMs,
      connectionsCheckingInterval: timeouts.checkMs,
      // Node's own refusal has no body; checkHeaders refuses instead.
      requireHostHeader: false,
    },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    trustProxy: trustedProxies(trustProxy),
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    frameworkErrors: refusals.answerError,
    exposeHeadRoutes: false,
    clientErrorHandler: brokenRequests.onClientError,
  });
  app.server.on('request', brokenRequests.onRequest);
  app.server.maxConnections = 20_000;
  // Node would drop those beyond a number, unseen by checkHeaders. Their size is bounded.
  app.server.maxHeadersCount = 0;
  // An expectation other than 100-continue is ignored; Node's own refusal has no body.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));

  acceptJsonBodies(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headersOf(request.id));
    checkHeaders(request);
    if (request.method === 'OPTIONS' && !isPreflight(request)) return refusals.answerUnknown(app, request, reply);
  });
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    hsts: isProduction,
    // These are for documents, and most answers are data.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    referrerPolicy: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
  await app.register(cors, crossOriginRules(options));
  app.addHook('onSend', async (request, reply, payload) => {
    // Apollo has ideas of its own about caching.
    if (request.routeOptions.url === GRAPHQL_PATH) reply.header('cache-control', 'no-store');
    if (String(reply.getHeader('content-type')).startsWith('text/html')) {
      // A page brings a policy of its own; two would be intersected.
      reply.removeHeader('content-security-policy');
      reply.header('referrer-policy', 'no-referrer');
    }
    return payload;
  });
  reportSlowRequests(app, options);
  endConnections(app);
  warnAboutUntrustedProxy(app, options);

  app.setErrorHandler(refusals.answerError);
  app.setNotFoundHandler((request, reply) => refusals.answerUnknown(app, request, reply));
  return { app, refusals };
}

function crossOriginRules({ corsOrigins, isProduction }: ServerOptions) {
  return {
    origin: corsOrigins.length > 0 ? [...corsOrigins] : isProduction ? false : LOCAL_ORIGIN,
    // The others are for routes of somebody's own.
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'x-request-id',
      'apollo-require-preflight',
      'x-apollo-operation-name',
    ],
    exposedHeaders: ['x-request-id', 'retry-after'],
    maxAge: 600,
  };
}

function isPreflight({ headers }: FastifyRequest): boolean {
  return headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

function reportSlowRequests(app: FastifyInstance, { log, now = () => performance.now() }: ServerOptions): void {
  const startedAt = new WeakMap<FastifyRequest, number>();
  app.addHook('onRequest', async (request) => {
    startedAt.set(request, now());
  });
  app.addHook('onResponse', async (request, reply) => {
    const elapsedMs = now() - (startedAt.get(request) ?? now());
    if (elapsedMs < SLOW_MS) return;
    const route = request.routeOptions.url ?? null;
    noteSlow(log, { requestId: request.id, route, status: reply.statusCode, elapsedMs });
  });
}

export function noteSlow(
  log: Log,
  { elapsedMs, ...fields }: { requestId: string; route: string | null; status: number; elapsedMs: number },
): void {
  log.warn({ ...fields, elapsedMs: Math.round(elapsedMs) }, 'slow');
}

/**
 * A connection that was busy when the server began to close would else be kept for the client's next request; and one
 * with an answer to what has not all arrived would be read on, for as long as something comes.
 */
function endConnections(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (isClosing || request.raw.complete === false) reply.header('connection', 'close');
    return payload;
  });
}
