import { randomBytes } from 'node:crypto';
import { createGateway } from 'menjin';
import { createSimulator, type SimulatedWechat } from 'menjin/simulator';
import { resolvers, typeDefs } from './reminders.js';

/** What there is outside the phone. */
export interface World {
  /** Where the back end is. */
  readonly url: string;
  /** WeChat, and the phones of its users. */
  readonly wechat: SimulatedWechat;
}

/** A back end with `remindMe`, and a WeChat, simulated. Both forget everything at their end. */
export async function startWorld(): Promise<World & { close(): Promise<void> }> {
  const wechat = await createSimulator({ users: [{ username: 'mei' }] });
  const gateway = await createGateway({
    typeDefs,
    resolvers,
    config: {
      // What WECHAT_APPID, WECHAT_SECRET and WECHAT_API_URL say to a gateway that is started by npm start.
      apps: [{ platform: 'WECHAT', appid: wechat.appid, secrets: [wechat.secret], tenant: 'default' }],
      wechatApiUrl: wechat.url,
      host: '127.0.0.1',
      port: 0,
      databaseUrl: 'memory:',
      sessionStoreUrl: 'memory:',
      secretKeys: [randomBytes(32)],
      logLevel: 'silent',
    },
  });
  const { url } = await gateway.listen();
  return {
    url,
    wechat,
    close: async () => {
      await gateway.close();
      await wechat.close();
    },
  };
}
