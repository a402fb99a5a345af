import { Readable } from 'node:stream';
import type { ApolloServer, BaseContext, HTTPGraphQLRequest } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../errors.js';
import { HeaderMap } from '../../graphql/apollo-server.js';
import type { TrustedDocuments } from '../../graphql/trusted-documents.js';
import { createTurns } from '../../lib/turns.js';
import { trustedRequest } from '../trusted-requests.js';

export const GRAPHQL_PATH = '/graphql';

/**
 * Each takes half a millisecond or more before it first waits for anything. Those of one client that come at once may be the same
 * login, and a mini-program sends ten at a time: so many begin together. Who waits is still there after seconds, not for much longer.
 */
const TURNS = { perTurn: 16, crowdMs: 2, maxWaitMs: 5_000, maxWaiting: 10_000 };

const TOO_MANY = 'too many requests are waiting';

type HTTPGraphQLResponse = Awaited<ReturnType<ApolloServer['executeHTTPGraphQLRequest']>>;

/** One exchange with Apollo Server, when it is over. */
export interface GraphqlAnswer {
  readonly asked: HTTPGraphQLRequest;
  readonly answer: HTTPGraphQLResponse;
  /** What making the context threw; undefined when it did not. */
  readonly contextFailure: unknown;
}

export interface GraphqlRouteParts<Context extends BaseContext> {
  readonly apollo: ApolloServer<Context>;
  readonly context: (request: FastifyRequest) => Promise<Context>;
  /** null: any text is answered, and none by its id. */
  readonly trusted?: TrustedDocuments | null;
  /** A clock that is never set, in ms. */
  readonly now?: () => number;
  /** Sees every answer before it is sent. What it throws is answered instead. */
  readonly onAnswer?: (request: FastifyRequest, answer: GraphqlAnswer) => void;
}

/** Binds a started Apollo Server to `/graphql`. Other methods of the path are 405 by the server's own rule. */
export function graphqlRoute<Context extends BaseContext>(
  app: FastifyInstance,
  {
    apollo,
    context,
    trusted = null,
    now = () => performance.now(),
    onAnswer = () => undefined,
  }: GraphqlRouteParts<Context>,
): void {
  const mayBegin = createTurns({ ...TURNS, now });

  async function handler(request: FastifyRequest, reply: FastifyReply) {
    const sent = graphqlRequestOf(request);
    const asked = trusted === null ? sent : trustedRequest(sent, trusted);
    let contextFailure: unknown;
    const answer = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: asked,
      context: () =>
        context(request).catch((error: unknown) => {
          contextFailure = error;
          throw error;
        }),
    });
    onAnswer(request, { asked, answer, contextFailure });
    for (const [name, value] of answer.headers) reply.header(name, value);
    reply.code(answer.status ?? 200);
    return reply.send(answer.body.kind === 'complete' ? answer.body.string : Readable.from(answer.body.asyncIterator));
  }
  app.route({
    ...{ method: ['GET', 'POST'], url: GRAPHQL_PATH, handler },
    // Before the body is read.
    onRequest: async () => {
      if (!(await mayBegin())) throw new AppError('RATE_LIMITED', { retryAfterSeconds: 1, detail: TOO_MANY });
    },
  });
}

function graphqlRequestOf(request: FastifyRequest): HTTPGraphQLRequest {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const queryAt = request.url.indexOf('?');
  const search = queryAt === -1 ? '' : request.url.slice(queryAt);
  return { method: request.method, headers, search, body: request.body };
}
