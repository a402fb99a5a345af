import type { Gateway } from './gateway.js';
import type { GatewayContext } from './graphql/context.js';

/** A request of Node, Express or Fastify, or one of the fetch API. */
export interface RequestWithHeaders {
  readonly headers:
    | { get(name: string): string | null }
    | Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * Makes the context of an Apollo Server of one's own: it resolves the token of `Authorization: Bearer` as the gateway does,
 * and shares its stores. Of a standalone server: `context: ({ req }) => build(req)`.
 *
 * The context is always made. Whoever reads `viewer` finds out: AppError UNAUTHENTICATED (401) or SERVICE_UNAVAILABLE (503),
 * which any GraphQL server answers with its code and status.
 */
export function contextBuilder(gateway: Gateway): (request: RequestWithHeaders) => Promise<GatewayContext> {
  const { contextOf } = gateway as Partial<ContextMaker>;
  if (contextOf === undefined) throw new TypeError('contextBuilder takes what createGateway gave');
  return ({ headers }) =>
    contextOf({ authorization: headerOf(headers, 'authorization'), requestId: headerOf(headers, 'x-request-id') });
}

/** What a gateway can do beyond its public shape. */
export interface ContextMaker {
  contextOf(request: RequestParts): Promise<GatewayContext>;
}

export interface RequestParts {
  readonly authorization: string | undefined;
  /** As the client gave it, if it did. */
  readonly requestId: string | undefined;
}

function headerOf(headers: RequestWithHeaders['headers'], name: string): string | undefined {
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined;
  // Node writes names in lower case; platforms that call a function for each request may hand them on as they came.
  const given = Object.entries(headers as Readonly<Record<string, string | readonly string[] | undefined>>)
    .filter(([key, value]) => key.toLowerCase() === name && value !== undefined)
    .flatMap(([, value]) => value);
  return given.length === 0 ? undefined : given.join(', ');
}
