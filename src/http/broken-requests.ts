import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
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

/** Answers leave in the order of their requests: when the last is sent, so are the others. */
interface Latest {
  readonly response: ServerResponse;
  readonly before: ServerResponse | undefined;
}

type ParserError = Error & { code?: string };

export interface BrokenRequests {
  /** Hears of every request that could be read. */
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  onClientError(error: ParserError, socket: Socket): void;
}

/**
 * Answers bytes that are not HTTP, which no route will ever see, in the shape of every other refusal: after the answers
 * to what came before them on the connection, one of which it would else be taken for.
 */
export function answerBrokenRequests({ report }: Pick<Refusals, 'report'>): BrokenRequests {
  const latest = new WeakMap<Socket, Latest>();
  const broken = new WeakSet<Socket>();

  async function earlierAnswers(socket: Socket): Promise<void> {
    const { response, before } = latest.get(socket) ?? {};
    // The bytes may belong to a request whose beginning could be read. Theirs is the answer to it.
    const isWhole = response !== undefined && (response.req.complete || response.headersSent);
    const last = isWhole ? response : before;
    if (last === undefined || last.closed) return;
    await new Promise<void>((resolve) => last.once('close', resolve));
  }

  async function answer(error: ParserError, socket: Socket): Promise<void> {
    await earlierAnswers(socket);
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const status = STATUS_OF[error.code ?? ''] ?? 400;
    const requestId = randomId();
    const code = 'BAD_REQUEST';
    report({ requestId, route: null, status, code, error });
    // Only ended, it would stay for as long as the client likes.
    socket.end(answerText(requestId, status, JSON.stringify(errorBody(code, REFUSALS[status]))), () =>
      socket.destroy(),
    );
  }

  return {
    onRequest({ socket }, response) {
      latest.set(socket, { response, before: latest.get(socket)?.response });
    },
    onClientError(error, socket) {
      // The parser fails again at every byte that follows.
      if (broken.has(socket)) return;
      broken.add(socket);
      if (GONE.has(error.code ?? '') || isSilent(error, socket)) socket.destroy();
      else void answer(error, socket);
    },
  };
}

/** Browsers and balancers open connections that they may need later. */
function isSilent({ code }: ParserError, { bytesRead }: Socket): boolean {
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' && bytesRead === 0;
}

function answerText(requestId: string, status: number, body: string): string {
  const headers = {
    ...headersOf(requestId),
    'content-type': JSON_TYPE,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n');
}
