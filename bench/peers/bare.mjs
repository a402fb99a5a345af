import http from 'node:http';
import { listening } from './listening.mjs';
import { sessionOf } from './session-lookup.mjs';

const ANSWER = JSON.stringify({ data: { viewer: sessionOf(0) } });
const HEADERS = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(ANSWER) };

/** Reads the body, parses it, and answers the same to everybody. */
export function start() {
  return listening(
    http.createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8');
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        const { query } = JSON.parse(text);
        response.writeHead(query === undefined ? 400 : 200, HEADERS);
        response.end(ANSWER);
      });
    }),
  );
}
