import Fastify from 'fastify';
import mercurius from 'mercurius';
import { createLookup, RESOLVERS, TYPE_DEFS } from './session-lookup.mjs';

/** Mercurius, each document compiled when it comes for the second time. */
export async function start({ tokens }) {
  const find = createLookup(tokens);
  const app = Fastify();
  await app.register(mercurius, {
    schema: TYPE_DEFS,
    resolvers: RESOLVERS,
    jit: 1,
    context: async ({ headers }) => ({ viewer: await find(headers) }),
  });
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() };
}
