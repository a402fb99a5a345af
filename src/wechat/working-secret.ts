import type { App } from '../platforms/platform.js';
import type { WechatAnswer } from './ask.js';
import type { ErrcodeRow } from './errcodes.js';

/** Asks with the secret that worked last; while WeChat refuses it, with the app's other one. Gives the last answer. */
export type WithSecret = (
  app: App,
  rowOf: (errcode: number) => ErrcodeRow,
  ask: (secret: string) => Promise<WechatAnswer>,
) => Promise<WechatAnswer>;

export function createWithSecret(): WithSecret {
  const workingSecrets = new WeakMap<App, string>();

  return async (app, rowOf, ask) => {
    let secret = workingSecrets.get(app) ?? app.secrets[0];
    const otherSecrets = app.secrets.filter((other) => other !== secret);
    for (;;) {
      const answer = await ask(secret);
      if (answer.fields !== null) workingSecrets.set(app, secret);
      const isRefused = answer.fields === null && rowOf(answer.errcode).retry === 'with another secret';
      const otherSecret = isRefused ? otherSecrets.shift() : undefined;
      if (otherSecret === undefined) return answer;
      secret = otherSecret;
    }
  };
}
