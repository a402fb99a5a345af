import { randomBytes } from 'node:crypto';
import { createGateway } from 'menjin';
import { createSimulator } from 'menjin/simulator';
import type { World } from './phone.js';
import { CUPS, TEA } from './story.js';

/** A WeChat, simulated, that knows both mini-programs, and a gateway for them that forgets everything at its end. */
export async function startWorld(): Promise<World & { close(): Promise<void> }> {
  const wechat = await createSimulator({
    apps: [{ appid: TEA.appid }, { appid: CUPS.appid }],
    users: [{ username: 'mei' }, { username: 'lin' }],
  });
  const gateway = await createGateway({
    config: {
      // What APPS_FILE says to a gateway that is started by npm start. The tenant makes one shop of them.
      apps: wechat.apps.map(({ appid, secret }) => {
        return { platform: 'WECHAT', appid, secrets: [secret], tenant: 'tea-house' };
      }),
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
    wxLogin: (person, appid) => wechat.code(person, { appid }),
    close: async () => {
      await gateway.close();
      await wechat.close();
    },
  };
}
