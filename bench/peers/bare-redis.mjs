import http from 'node:http';
import { createClient } from '@redis/client';
import { listening } from './listening.mjs';
import { bearerOf, hashOf } from './session-lookup.mjs';

/** As bare, but each request costs one plain GET by the hash of its token. */
export async function start({ redisUrl }) {
  const client = createClient({ url: redisUrl });
  await client.connect();
  const server = http.createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', async () => {
      const { query } = JSON.parse(text);
      const found = await client.get(`menjin:session:${hashOf(bearerOf(request.headers))}`);
      const { openid, appid } = JSON.parse(found).value;
      const answer = Buffer.from(JSON.stringify({ data: { viewer: { openid, appid } } }));
      const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': answer.length };
      response.writeHead(query === undefined ? 400 : 200, headers).end(answer);
    });
  });
  return listening(server);
}
