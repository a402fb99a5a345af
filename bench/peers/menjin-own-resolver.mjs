import { createGateway } from '../../dist/index.js';

/** menjin as a library, with a field of one's own that counts how often it was asked for. Its settings are the environment's. */
export async function start() {
  let visits = 0;
  const gateway = await createGateway({
    typeDefs: 'extend type Query { visits: Int! }',
    resolvers: {
      Query: {
        visits: () => {
          visits += 1;
          return visits;
        },
      },
    },
  });
  const { url } = await gateway.listen();
  const body = JSON.stringify({ query: '{ viewer { openid appid } visits }' });
  return {
    url,
    count: () => visits,
    close: gateway.close,
    request: { method: 'POST', path: '/graphql', headers: { authorization: 'Bearer {{value}}' }, body },
  };
}
