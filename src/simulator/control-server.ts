import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { isLoopbackOrPrivate } from '../lib/network-address.js';
import { answerControl, type ControlAnswer, refusal } from './control.js';
import { readBody } from './read-body.js';
import type { SimulatedWechat } from './simulated-wechat.js';
import { parse } from './wechat-request.js';

const BODY_LIMIT_BYTES = 8 * 1024;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

export function isControlPath(path: string): boolean {
  return path === '/simulator' || path.startsWith('/simulator/');
}

/** @param givenHost what the simulator was told to listen on; null: nothing, so only this machine reaches it */
export async function serveControl(
  request: IncomingMessage,
  response: ServerResponse,
  simulator: SimulatedWechat,
  givenHost: string | null,
): Promise<void> {
  const answer = await answerRequest(request, simulator, givenHost);
  // An error of the connection, or its end: nobody is left to answer.
  if (answer === null || response.destroyed) return;
  if (!request.complete) response.setHeader('connection', 'close');
  if (answer.allow !== undefined) response.setHeader('allow', answer.allow);
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(JSON.stringify(answer.body));
}

async function answerRequest(
  request: IncomingMessage,
  simulator: SimulatedWechat,
  givenHost: string | null,
): Promise<ControlAnswer | null> {
  const { method = '', url = '', headers } = request;
  if (!isFromHere(headers, givenHost)) {
    return refusal(403, 'FORBIDDEN', 'The simulator takes orders from no page of another origin.');
  }
  const [path = '', search = ''] = url.split('?', 2);
  const query = new URLSearchParams(search);
  if (method !== 'POST') return answerControl(simulator, { method, path, query, body: undefined });
  // A page of another origin could send any other type without being asked first.
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) {
    return refusal(415, 'BAD_REQUEST', 'The body must be application/json in UTF-8.');
  }
  const bytes = await readBody(request, BODY_LIMIT_BYTES);
  if (bytes === null) return null;
  if (bytes === 'too large') return refusal(413, 'BAD_REQUEST', 'The body is larger than 8 KiB.');
  const body = parse(bytes);
  if (body === undefined) return refusal(400, 'BAD_REQUEST', 'The request is not well-formed.');
  return answerControl(simulator, { method, path, query, body });
}

/**
 * A page of somebody else's names its own origin, or, once its name leads to this machine (DNS rebinding), its own name
 * as the host. No public name is ever ours unless it was given.
 */
function isFromHere({ host = '', origin }: IncomingHttpHeaders, givenHost: string | null): boolean {
  const authority = `http://${host}`;
  if (!URL.canParse(authority)) return false;
  const url = new URL(authority);
  if (origin !== undefined && origin !== url.origin) return false;
  if (LOOPBACK.test(url.hostname)) return true;
  return givenHost !== null && (url.hostname === givenHost.toLowerCase() || isLoopbackOrPrivate(url.hostname));
}
