import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { randomId } from '../lib/random.js';
import { errorBody, JSON_TYPE, REFUSALS } from './json-error.js';
import { headersOf, type Refusals } from './refusals.js';

const STATUS_OF: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** The client left in the middle: nobody reads an answer. */
const GONE = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE']);

/** Answers bytes that are not HTTP, which no route will ever see, in the shape of every other refusal. */
export function answerBrokenRequests({ report }: Pick<Refusals, 'report'>) {
  return (error: Error & { code?: string }, socket: Socket): void => {
    if (GONE.has(error.code ?? '') || !socket.writable) {
      socket.destroy();
      return;
    }
    const status = STATUS_OF[error.code ?? ''] ?? 400;
    const requestId = randomId();
    const code = 'BAD_REQUEST';
    report({ requestId, route: null, status, code, error });
    const body = JSON.stringify(errorBody(code, REFUSALS[status]));
    const headers = {
      ...headersOf(requestId),
      'content-type': JSON_TYPE,
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'));
  };
}
