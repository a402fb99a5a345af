import type { FastifyInstance } from 'fastify';
import { AppError } from '../errors.js';

/** A refusal of HTTP's own, with its status. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';
  constructor(readonly statusCode: number) {
    super(`HTTP ${statusCode}`);
  }
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** Bodies are JSON in UTF-8: another charset is refused, and so are bytes that are not UTF-8, instead of being replaced. */
export function acceptJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, parse(request.headers['content-type'] ?? '', body as Buffer));
    } catch (error) {
      done(error instanceof HttpRefusal ? error : new AppError('BAD_REQUEST'), undefined);
    }
  });
}

function parse(contentType: string, body: Buffer): unknown {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw new HttpRefusal(415);
  try {
    return JSON.parse(UTF_8.decode(body));
  } catch {
    throw new HttpRefusal(400);
  }
}
