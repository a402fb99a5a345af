import { AppError } from '../../src/errors.js';
import type { App } from '../../src/platforms/platform.js';
import { createWechat } from '../../src/platforms/wechat.js';
import { answerCommands } from '../support/child-side.js';

const app: App = { platform: 'WECHAT', appid: 'wxtest0000000001', secrets: ['s'.repeat(32)], tenant: 'default' };

// A process of its own: which authorities Node trusts is read from the environment once, at its start.
answerCommands({
  /** The openid, or what the exchange failed with. */
  exchange: async (apiUrl: string) => {
    try {
      return (await createWechat({ apiUrl }).exchange(app, 'code')).openid;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return `${error.code} ${error.log.kind} ${error.log.causeCode}`;
    }
  },
});
