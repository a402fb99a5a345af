import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { contextBuilder, type Gateway, type GatewayContext, requireViewer } from 'menjin';

const typeDefs = `
  type Query {
    "For anybody."
    greeting: String!
    "The viewer's own. Errors: UNAUTHENTICATED."
    points: Int!
  }
`;

/** Your table stands here, with `user.id` for its key. */
const pointsOf = (userId: string) => userId.length;

const resolvers = {
  Query: {
    // null when no token was sent; reading it throws for a token that names no session.
    greeting: (_source: unknown, _args: unknown, { viewer }: GatewayContext) =>
      viewer === null ? 'Hello, whoever you are.' : `Hello, ${viewer.openid}.`,
    points: (_source: unknown, _args: unknown, context: GatewayContext) => pointsOf(requireViewer(context).user.id),
  },
};

/** An Apollo Server with nothing of menjin but its context: who sent a request is what the gateway's sessions say. */
export async function startApi(gateway: Gateway, port: number): Promise<{ url: string; stop(): Promise<void> }> {
  const server = new ApolloServer<GatewayContext>({ typeDefs, resolvers });
  const contextOf = contextBuilder(gateway);
  const { url } = await startStandaloneServer(server, {
    listen: { host: '127.0.0.1', port },
    context: ({ req }) => contextOf(req),
  });
  return { url, stop: () => server.stop() };
}
