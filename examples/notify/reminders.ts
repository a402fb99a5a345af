import { AppError, type GatewayContext } from 'menjin';

/** Of the mini-program's account on mp.weixin.qq.com, which says there what fields a message has. */
export const TEMPLATE_ID = 'tea-is-ready-0000000000000000000000000000001';

export const typeDefs = `
  type Mutation {
    "Sends the viewer a message in WeChat. Errors: UNAUTHENTICATED, BAD_USER_INPUT (the text is empty, or too long for the template), RATE_LIMITED, PLATFORM_UNAVAILABLE."
    remindMe(input: RemindMeInput!): RemindMePayload!
  }

  input RemindMeInput {
    "What the message says."
    text: String!
  }

  type RemindMePayload {
    "False: the person has not agreed to get one more message. Call wx.requestSubscribeMessage, from a tap."
    sent: Boolean!
  }
`;

export const resolvers = {
  Mutation: {
    /** To the viewer, in the name of the mini-program they came through: neither openid nor access token is ours to find. */
    remindMe: async (_source: unknown, { input }: { input: { text: string } }, { wechat }: GatewayContext) => {
      try {
        await wechat.subscribeMessage.send({
          templateId: TEMPLATE_ID,
          data: { thing1: input.text },
          page: 'pages/tea/tea',
        });
        return { sent: true };
      } catch (error) {
        if (error instanceof AppError && error.reason === 'NOT_SUBSCRIBED') return { sent: false };
        throw error;
      }
    },
  },
};
