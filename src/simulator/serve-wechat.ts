import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';
import type { WechatAnswer } from './wechat-answer.js';
import { BODY_LIMIT_BYTES, type WechatRequest } from './wechat-request.js';

export async function serveWechat(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: WechatRequest) => WechatAnswer,
): Promise<void> {
  const { method = '', url = '' } = request;
  const [path = '', search = ''] = url.split('?', 2);
  const body = method === 'GET' ? undefined : await readBody(request, BODY_LIMIT_BYTES);
  if (body === null) return;
  sendAnswer(answer({ method, path, query: new URLSearchParams(search), body }), request, response);
}
