import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorBody, JSON_TYPE, REFUSALS } from './json-error.js';

const STATUS_OF: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers bytes that are not HTTP, which no route will ever see, in the shape of every other refusal. */
export function answerBrokenRequests(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const status = STATUS_OF[error.code ?? ''] ?? 400;
  const body = JSON.stringify(errorBody('BAD_REQUEST', REFUSALS[status]));
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `content-type: ${JSON_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
