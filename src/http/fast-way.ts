import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Authentication } from '../auth/authenticate.js';
import type { RequestContext, Sender } from '../graphql/context.js';
import type { PreparedQueries, PreparedQuery } from '../graphql/prepared-queries.js';
import type { Log } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import { bearerToken } from './bearer.js';
import { createBodyReader } from './graphql-body.js';
import { isPlain, wantsPlainAnswer } from './plain-requests.js';
import { requestIdOf } from './request-id.js';
import { GRAPHQL_PATH } from './routes/graphql.js';
import { BODY_LIMIT_BYTES, noteSlow, SLOW_MS } from './server.js';

export interface FastWayParts {
  readonly prepared: Pick<PreparedQueries, 'find'>;
  readonly makeContext: (sent: {
    requestId: string;
    token: string | null;
    sender: Sender;
  }) => RequestContext | Promise<RequestContext>;
  readonly metrics: Metrics;
  readonly log: Log;
  /** A clock that is never set, in ms. */
  readonly now: () => number;
}

export interface FastWay {
  /** Of a request that was left to the long way: who sent it, when that is known already. */
  authenticationOf(request: IncomingMessage): Authentication | null;
}

/** What the long way need not read, or ask, again. */
interface Left {
  readonly body: Buffer;
  readonly authentication: Authentication | null;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Who counts senders is a mutation, and does not come this way. What throws here is asked again the long way. */
const SENDER: Sender = {
  get addressBlock(): never {
    throw new Error('a query does not ask who sent it');
  },
  get address(): never {
    throw new Error('a query does not ask who sent it');
  },
  get userAgent(): never {
    throw new Error('a query does not ask who sent it');
  },
};

/**
 * Answers plain requests for prepared queries right behind the HTTP server. Everything else, and every answer that would
 * have more in it than data, is left to Fastify and Apollo Server, which begin anew.
 */
export function openFastWay(app: FastifyInstance, { prepared, makeContext, metrics, log, now }: FastWayParts): FastWay {
  const { server } = app;
  const [longWay, ...others] = server.listeners('request') as Handler[];
  if (longWay === undefined) throw new Error('Fastify listens to no requests');
  const answered = metrics.requests.labels({ operation: 'query', code: 'ok' });
  const readGraphqlBody = createBodyReader();
  const left = new WeakMap<IncomingMessage, Left>();
  /** Those that the hooks of the long way give every such answer, once it has given one. */
  let headers: readonly string[] | null = null;
  let isOff = false;
  let isClosing = false;

  app.addHook('preParsing', async (request, _reply, payload) => {
    const body = left.get(request.raw)?.body;
    return body === undefined ? payload : Object.assign(Readable.from([body]), { receivedEncodedLength: body.length });
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (headers === null && isModel(request, reply, payload)) headers = headersOf(reply);
    return payload;
  });
  app.addHook('preClose', async () => {
    isOff = true;
    isClosing = true;
  });

  onHookOfOthers(app, (name) => {
    isOff = true;
    log.info({ hook: name }, 'a hook of the whole app: queries go the long way, so that it sees them');
  });

  server.removeAllListeners('request');
  for (const each of others) server.on('request', each);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (headers === null || isOff || !isPlain(request, BODY_LIMIT_BYTES)) {
      longWay.call(server, request, response);
      return;
    }
    const startedAt = now();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [first = Buffer.alloc(0), ...others] = chunks;
      take(request, response, others.length === 0 ? first : Buffer.concat(chunks), startedAt);
    });
  });

  function take(request: IncomingMessage, response: ServerResponse, body: Buffer, startedAt: number): void {
    const asked = readGraphqlBody(body);
    const query = asked === null ? null : prepared.find(asked);
    if (asked === null || query === null) {
      leave(request, response, { body, authentication: null });
      return;
    }
    const requestId = requestIdOf(request.headers['x-request-id']);
    const answer = (text: string | null) => {
      if (text === null) return leave(request, response, { body, authentication });
      answered.inc();
      metrics.fastQueries.inc();
      const own = ['x-request-id', requestId, 'content-length', String(Buffer.byteLength(text))];
      // As endConnections has it: else it would be kept for the client's next request.
      if (isClosing) own.push('connection', 'close');
      response.writeHead(200, [...(headers ?? []), ...own]).end(text);
      const elapsedMs = now() - startedAt;
      if (elapsedMs >= SLOW_MS) noteSlow(log, { requestId, route: GRAPHQL_PATH, status: 200, elapsedMs });
    };
    let authentication: Authentication | null = null;
    const ask = (context: RequestContext) => {
      authentication = context.authentication;
      return query.run(context, asked.variables);
    };
    const text = run(request, requestId, ask);
    if (text instanceof Promise) text.then(answer, () => answer(null));
    else answer(text);
  }

  /** Null: asked again, the long way. */
  function run(
    request: IncomingMessage,
    requestId: string,
    ask: (context: RequestContext) => ReturnType<PreparedQuery['run']>,
  ): ReturnType<PreparedQuery['run']> {
    try {
      const context = makeContext({ requestId, token: bearerToken(request.headers.authorization), sender: SENDER });
      return context instanceof Promise ? context.then(ask) : ask(context);
    } catch {
      return null;
    }
  }

  function leave(request: IncomingMessage, response: ServerResponse, what: Left): void {
    left.set(request, what);
    longWay?.call(server, request, response);
  }

  return { authenticationOf: (request) => left.get(request)?.authentication ?? null };
}

/** Those that could see, or change, an answer. */
const HOOKS: ReadonlySet<string> = new Set([
  'onRequest',
  'preParsing',
  'preValidation',
  'preHandler',
  'preSerialization',
  'onSend',
  'onResponse',
  'onRequestAbort',
]);

/** From now on. A hook of a scope is for the routes of that scope, and `/graphql` is in none. */
function onHookOfOthers(app: FastifyInstance, told: (name: string) => void): void {
  const addHook = app.addHook as (this: FastifyInstance, name: string, hook: unknown) => FastifyInstance;
  function addHookAndTell(this: FastifyInstance, name: string, hook: unknown): FastifyInstance {
    if (this === app && HOOKS.has(name)) told(name);
    return addHook.call(this, name, hook);
  }
  Object.assign(app, { addHook: addHookAndTell });
}

/** An answer with errors may have headers that an error asks for, and its own are for one client. */
function isModel(request: FastifyRequest, { statusCode }: FastifyReply, payload: unknown): boolean {
  if (statusCode !== 200 || request.routeOptions.url !== GRAPHQL_PATH) return false;
  const isForAll = request.method === 'POST' && wantsPlainAnswer(request.headers);
  return isForAll && typeof payload === 'string' && payload.startsWith('{"data":');
}

const OF_ONE_ANSWER = new Set(['x-request-id', 'content-length', 'connection']);

function headersOf(reply: FastifyReply): string[] {
  const lasting = Object.entries(reply.getHeaders()).filter(([name]) => !OF_ONE_ANSWER.has(name));
  return lasting.flatMap(([name, value]) => [name, String(value)]);
}
