import type { FastifyRequest } from 'fastify';
import { bearerToken } from './bearer.js';
import { GRAPHQL_PATH } from './routes/graphql.js';
import { headerOf, WAFER_PREFIX, waferHeaders } from './wafer-headers.js';

/** The token that a request carries, whatever it is worth; null when it carries none. */
export type TokenReader = (request: FastifyRequest) => string | null;

/** @param takesSkey whether wafer2's header counts, on `/graphql` and `/weapp/*`. `Authorization` counts before it. */
export function createTokenReader({ takesSkey }: { takesSkey: boolean }): TokenReader {
  return (request) => {
    const token = bearerToken(request.headers.authorization);
    return token === null && takesSkey && isForWafer(request) ? headerOf(request, waferHeaders.skey) : token;
  };
}

function isForWafer({ routeOptions: { url = '' } }: FastifyRequest): boolean {
  return url === GRAPHQL_PATH || url.startsWith(WAFER_PREFIX);
}
