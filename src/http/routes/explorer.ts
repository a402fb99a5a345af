import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../../errors.js';
import { OFFLINE_EXPLORER_PATH, type OfflineExplorer } from '../offline-explorer.js';

/** The explorer that needs no internet: its page, and the files that page asks for. */
export function offlineExplorerRoutes(app: FastifyInstance, { page, assetsPath, assets }: OfflineExplorer): void {
  for (const url of [OFFLINE_EXPLORER_PATH, `${OFFLINE_EXPLORER_PATH}/`]) {
    app.get(url, async (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
  }
  app.get<{ Params: { '*': string } }>(`${assetsPath}*`, async (request, reply) => {
    const asset = assets.get(request.params['*']);
    if (asset === undefined) throw new AppError('NOT_FOUND');
    const content = await readFile(asset.file);
    return reply.type(asset.contentType).header('cache-control', 'public, max-age=31536000, immutable').send(content);
  });
}
