import Fastify, { type FastifyInstance } from 'fastify';
import type { Metrics } from '../observe/metrics.js';
import { errorBody } from './json-error.js';

/** The operator's port: `/metrics` and nothing else. */
export function createAdminServer({ registry }: Metrics): FastifyInstance {
  const app = Fastify({ requestTimeout: 15_000, forceCloseConnections: true });
  app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(errorBody('NOT_FOUND')));
  app.setErrorHandler((_error, _request, reply) => reply.code(500).send(errorBody('INTERNAL_SERVER_ERROR')));
  return app;
}
