import type { Config } from '../../../src/config.js';
import { composeGateway, type RunningGateway } from '../../../src/gateway.js';
import { answerCommands } from '../../support/child-side.js';
import { searchForSecrets, testConfig } from '../../support/test-gateway.js';
import { TELL, telling } from '../telling.js';

let gateway: RunningGateway | null = null;

process.once('disconnect', () => process.exit());

answerCommands({
  start: async (wechatApiUrl: string, config: Partial<Config>) => {
    const readLog = { write: (text: string) => searchForSecrets('the log', text) };
    gateway = await composeGateway(testConfig({ wechatApiUrl, config }), { logDestination: readLog, ...telling });
  },
  /** So many at once; the answers of those that failed. */
  tell: async (openid: string, times: number) => {
    const payload = { query: TELL, variables: { openid } };
    const answers = await Promise.all(
      Array.from({ length: times }, () => gateway?.app.inject({ method: 'POST', url: '/graphql', payload })),
    );
    return answers.map((answer) => answer?.body).filter((body) => body?.trim() !== '{"data":{"tell":true}}');
  },
  close: () => gateway?.close(),
});
