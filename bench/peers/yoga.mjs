import http from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { listening } from './listening.mjs';
import { createLookup, RESOLVERS, TYPE_DEFS } from './session-lookup.mjs';

/** GraphQL Yoga behind node:http, as its guide has it. */
export function start({ tokens }) {
  const find = createLookup(tokens);
  const yoga = createYoga({
    schema: createSchema({ typeDefs: TYPE_DEFS, resolvers: RESOLVERS }),
    context: async ({ req }) => ({ viewer: await find(req.headers) }),
    logging: false,
    graphiql: false,
  });
  return listening(http.createServer(yoga));
}
