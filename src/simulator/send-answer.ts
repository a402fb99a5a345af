import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WechatAnswer } from './wechat-answer.js';

/** Over HTTP: WeChat refuses with 200 too, and who is never answered waits until they leave. */
export function sendAnswer(answer: WechatAnswer, request: IncomingMessage, response: ServerResponse): void {
  // Nobody reads the rest of what is too large: the connection ends instead.
  if (request.method !== 'GET' && !request.complete) response.setHeader('connection', 'close');
  if (answer.kind === 'silence') return;
  if (answer.kind === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  const { text, contentType, delayMs } = answer;
  const send = () => {
    response.setHeader('content-type', contentType);
    response.end(text);
  };
  if (delayMs === 0) {
    send();
    return;
  }
  const timer = setTimeout(send, delayMs);
  response.once('close', () => clearTimeout(timer));
}
