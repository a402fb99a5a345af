import { FetchJsonError, type fetchJson } from '../fetch-json.js';
import type { ExchangeAnswer } from '../simulator/answer-exchange.js';
import type { CodeToSessionRequest } from '../simulator/code-to-session.js';

/** Asks a WeChat of this process, whatever origin the URL names. Nobody waits: what is slow comes at once, what hangs has timed out. */
export function createFetchInMemory(answer: (request: CodeToSessionRequest) => ExchangeAnswer): typeof fetchJson {
  return async ({ url, query, body }) => {
    const method = body === undefined ? 'GET' : 'POST';
    const given = answer({ method, path: new URL(url).pathname, query: new URLSearchParams(query) });
    if (given.kind === 'silence') throw new FetchJsonError('timeout');
    if (given.kind === 'reset') throw new FetchJsonError('reset', 'ECONNRESET');
    return { status: 200, body: parse(given.text) };
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FetchJsonError('not_json');
  }
}
