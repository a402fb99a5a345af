import type { GatewayContext } from '../../src/index.js';

export const TEMPLATE_ID = 'order-ready';

/** What a back-end developer adds: a message to somebody. */
export const telling = {
  typeDefs: 'type Mutation { tell(openid: String!): Boolean! }',
  resolvers: {
    Mutation: {
      tell: async (_source: unknown, { openid }: { openid: string }, { wechat }: GatewayContext) => {
        await wechat.subscribeMessage.send({ templateId: TEMPLATE_ID, data: { thing1: 'Order 7' }, openid });
        return true;
      },
    },
  },
};

export const TELL = 'mutation ($openid: String!) { tell(openid: $openid) }';
