import type { FastifyInstance } from 'fastify';
import type { Log } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import { createServer } from './server.js';

/** The operator's port: `/metrics` and nothing else. */
export async function createAdminServer(parts: {
  log: Log;
  metrics: Metrics;
  isProduction: boolean;
}): Promise<FastifyInstance> {
  const { registry } = parts.metrics;
  const { app } = await createServer({ ...parts, trustProxy: null, corsOrigins: [] });
  app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  return app;
}
