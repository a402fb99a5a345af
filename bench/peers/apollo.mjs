import { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify from 'fastify';
import Keyv from 'keyv';
import { bearerOf, hashOf, RESOLVERS, sessionOf, TYPE_DEFS } from './session-lookup.mjs';

/** Apollo Server behind Fastify, sessions in a Keyv in memory. */
export async function start({ tokens }) {
  const sessions = new Keyv();
  for (const [index, token] of tokens.entries()) await sessions.set(hashOf(token), sessionOf(index));
  const apollo = new ApolloServer({ typeDefs: TYPE_DEFS, resolvers: RESOLVERS });
  await apollo.start();
  const app = Fastify();
  const context = async ({ headers }) => {
    const token = bearerOf(headers);
    return { viewer: token === null ? null : ((await sessions.get(hashOf(token))) ?? null) };
  };
  app.route({ url: '/graphql', method: ['GET', 'POST'], handler: fastifyApolloHandler(apollo, { context }) });
  return {
    url: await app.listen({ host: '127.0.0.1', port: 0 }),
    close: async () => {
      await app.close();
      await apollo.stop();
    },
  };
}
