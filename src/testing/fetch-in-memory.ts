import { FetchJsonError, type fetchJson } from '../fetch-json.js';
import type { WechatAnswer } from '../simulator/wechat-answer.js';
import type { WechatRequest } from '../simulator/wechat-request.js';

/** Asks a WeChat of this process, whatever origin the URL names. Nobody waits: what is slow comes at once, what hangs has timed out. */
export function createFetchInMemory(answer: (request: WechatRequest) => WechatAnswer): typeof fetchJson {
  return async ({ url, query, body: fields }) => {
    const [method, body] = fields === undefined ? ['GET'] : ['POST', Buffer.from(JSON.stringify(fields))];
    const given = answer({ method, path: new URL(url).pathname, query: new URLSearchParams(query), body });
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
