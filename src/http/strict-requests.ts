import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { acceptsAnswer } from './accept.js';
import { HttpRefusal } from './json-error.js';
import { GRAPHQL_PATH } from './routes/graphql.js';

/**
 * Headers a request has once. Node takes the first of several and a proxy may take the last, so that the two would judge
 * different requests.
 */
const SINGLE_HEADERS = new Set(['authorization', 'content-type', 'host', 'origin']);

/** @throws HttpRefusal for a request whose meaning depends on who reads it, or whose answer nobody wants. */
export function checkHeaders(request: FastifyRequest): void {
  const { method, httpVersion, headers, rawHeaders } = request.raw;
  // HTTP/1.0 knows no Host header; 1.1 asks for it.
  const { host = httpVersion === '1.0' ? 'localhost' : '' } = headers;
  if (!isHost(host) || hasRepeatedHeader(rawHeaders)) throw new HttpRefusal(400);
  // Nobody here reads the body of a GET, and others may read it as the next request.
  if (method === 'GET' && hasBody(headers)) throw new HttpRefusal(400);
  const isGraphql = request.routeOptions.url === GRAPHQL_PATH;
  if (isGraphql && !acceptsAnswer(request.method, headers.accept)) throw new HttpRefusal(406);
}

function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function isHost(text: string): boolean {
  return /^[^\s/?#@\\]+$/.test(text) && URL.canParse(`http://${text}/`);
}

/** @param rawHeaders names and values by turns, as Node gives them. */
function hasRepeatedHeader(rawHeaders: readonly string[]): boolean {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const single = names.filter((name) => SINGLE_HEADERS.has(name));
  return new Set(single).size < single.length;
}
