import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpRefusal } from './json-error.js';

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Bodies are JSON in UTF-8. Another charset is refused, and so are bytes that are not UTF-8, instead of being replaced.
 * A byte order mark is skipped, as RFC 8259 allows.
 */
export function acceptJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parser = async ({ headers }: FastifyRequest, body: string | Buffer) =>
    parse(headers['content-type'] ?? '', body as Buffer);
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, parser);
}

/** @throws HttpRefusal */
function parse(contentType: string, body: Buffer): unknown {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw new HttpRefusal(415);
  try {
    return JSON.parse(UTF_8.decode(body));
  } catch {
    throw new HttpRefusal(400);
  }
}
