import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExchangeAnswer } from './answer-exchange.js';

/** Over HTTP: WeChat refuses with 200 too, and who is never answered waits until they leave. */
export function sendExchange(answer: ExchangeAnswer, request: IncomingMessage, response: ServerResponse): void {
  // Nobody reads a body here: the connection ends instead.
  if (request.method !== 'GET') response.setHeader('connection', 'close');
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
