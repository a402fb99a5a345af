import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../errors.js';
import { loadAssets } from '../pages/assets.js';
import type { Facts } from '../pages/facts.js';
import { renderHome } from '../pages/home.js';
import { chooseLanguage, type Language } from '../pages/language.js';
import { renderPhone } from '../pages/phone.js';

/** `/`, `/phone` and what they are made of. Outside production only. */
export function pagesRoutes(app: FastifyInstance, facts: Facts): void {
  const assets = loadAssets();

  const page =
    (render: (facts: Facts, language: Language) => string) => (request: FastifyRequest, reply: FastifyReply) => {
      const { lang } = request.query as { lang?: unknown };
      const language = chooseLanguage(lang, request.headers['accept-language']);
      return reply.type('text/html; charset=utf-8').send(render(facts, language));
    };
  app.get('/', page(renderHome));
  app.get('/phone', page(renderPhone));

  app.get('/assets/:name', (request, reply) => {
    const { name } = request.params as { name: string };
    const asset = assets.get(name);
    if (asset === undefined) throw new AppError('NOT_FOUND');
    return reply.type(asset.type).send(asset.body);
  });
}
