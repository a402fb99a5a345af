import { ApolloServer } from '@apollo/server';
import { defineIntegrationTestSuite } from '@apollo/server-integration-testsuite';
import Fastify from 'fastify';
import { acceptJsonBodies } from '../../src/http/json-body.js';
import { graphqlRoute } from '../../src/http/routes/graphql.js';

// Apollo's own suite for what binds Apollo Server to an HTTP server.
defineIntegrationTestSuite(async (options, { context } = {}) => {
  const server = new ApolloServer(options);
  await server.start();
  // The suite asks for `/graphql/` too.
  const app = Fastify({ routerOptions: { ignoreTrailingSlash: true } });
  acceptJsonBodies(app);
  // Our servers answer 415 to every other type of body; the suite wants to see Apollo refuse some of them.
  app.addContentTypeParser('*', (_request, _body, done) => done(null));
  graphqlRoute(app, { apollo: server, context: context ?? (async () => ({})) });
  return {
    server,
    url: `${await app.listen({ host: '127.0.0.1', port: 0 })}/graphql`,
    extraCleanup: () => app.close(),
  };
});
