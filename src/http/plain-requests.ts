import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { GRAPHQL_PATH } from './routes/graphql.js';

/** What mini-programs, browsers' pages of the same origin and servers send. Any other spelling goes the long way. */
const JSON_TYPES: ReadonlySet<string | undefined> = new Set([
  'application/json',
  'application/json;charset=utf-8',
  'application/json; charset=utf-8',
]);

/** Those that are answered with `application/json`. */
const ACCEPTS: ReadonlySet<string | undefined> = new Set([
  undefined,
  '*/*',
  'application/json',
  'application/json, */*',
  'application/json, text/plain, */*',
]);

/** Of a wafer client, of HTTP, and of Apollo Server's traces in a subgraph. */
const ASK_FOR_MORE = ['x-wx-skey', 'expect', 'apollo-federation-include-trace'];

/**
 * Whether nothing about a request but its body and its token asks for thought: what is wrong with headers, what belongs to
 * CORS, to another method, or to a body that comes in pieces of unknown length, Fastify's hooks and parsers judge.
 */
export function isPlain(request: IncomingMessage, bodyLimitBytes: number): boolean {
  const { method, url, httpVersionMinor, headers, rawHeaders } = request;
  if (url !== GRAPHQL_PATH || method !== 'POST' || httpVersionMinor !== 1) return false;
  if (!JSON_TYPES.has(headers['content-type']) || !isPlainHost(headers.host ?? '')) return false;
  if (!wantsPlainAnswer(headers) || ASK_FOR_MORE.some((name) => headers[name] !== undefined)) return false;
  const length = Number(headers['content-length']);
  return length > 0 && length <= bodyLimitBytes && hasEachOnce(headers, rawHeaders);
}

const PLAIN_HOST = /^[A-Za-z0-9.-]+(:\d{1,5})?$/;
/** Nearly all requests name the same. */
let lastPlainHost: string | null = null;

/** Ports beyond the last, and addresses that are none, look like others. */
function isPlainHost(host: string): boolean {
  if (host === lastPlainHost) return true;
  if (!PLAIN_HOST.test(host) || !URL.canParse(`http://${host}/`)) return false;
  lastPlainHost = host;
  return true;
}

/** Whether the headers of the answer are the same for everybody. */
export function wantsPlainAnswer({ origin, accept }: IncomingHttpHeaders): boolean {
  return origin === undefined && ACCEPTS.has(accept);
}

/** @param rawHeaders names and values by turns; of a name that comes twice, `headers` has one */
function hasEachOnce(headers: object, rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (const _ in headers) count += 2;
  return count === rawHeaders.length;
}
