import http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { listening } from './listening.mjs';

const SESSION_KEY = Buffer.alloc(16, 7).toString('base64');

/** A stand-in for api.weixin.qq.com: the code `alice.1` logs in `alice`, once, after so many ms. */
export async function start({ latencyMs }) {
  const used = new Set();
  let exchanges = 0;
  const server = http.createServer(async (request, response) => {
    const code = new URL(request.url, 'http://127.0.0.1').searchParams.get('js_code') ?? '';
    exchanges += 1;
    if (latencyMs > 0) await wait(latencyMs);
    const answer = used.has(code)
      ? { errcode: 40163, errmsg: 'code been used' }
      : { session_key: SESSION_KEY, openid: code.split('.')[0] };
    used.add(code);
    response.writeHead(200, { 'content-type': 'text/plain' }).end(JSON.stringify(answer));
  });
  server.keepAliveTimeout = 60_000;
  return { ...(await listening(server)), count: () => exchanges };
}
