import type { Platform } from './api.js';
import type { Clock } from './clock.js';
import { CODE_INVALID, PLATFORM_UNAVAILABLE, UNSETTLED } from './codes.js';
import { LOG_IN, type LogInMutation } from './generated/documents.js';
import { createPatience } from './patience.js';
import { createRequestId } from './request-id.js';
import type { Send } from './send.js';

/**
 * One login: its token.
 *
 * @throws MenjinError as the gateway refused it, or LOGIN_FAILED when the platform gave no code
 */
export type ExchangeCode = () => Promise<string>;

export function createExchangeCode(
  send: Send,
  clock: Clock,
  platform: Platform,
  appid: string | undefined,
  timeout: number,
): ExchangeCode {
  return async () => {
    const isPatient = createPatience(clock);
    let mayReplace = true;
    let body = '';

    for (;;) {
      if (!body) {
        const { code } = await platform.login({ timeout });
        const input = { code, requestId: createRequestId(clock), appid };
        body = JSON.stringify({ query: LOG_IN, variables: { input } });
      }
      // Without a token: a login neither fails nor ends anything because of an old one.
      const { data, failure } = await send(body, null, {}, true);
      if (!failure) return (data as LogInMutation).login.token;

      const { code } = failure;
      if (code === CODE_INVALID && mayReplace) mayReplace = false;
      else if (!UNSETTLED.includes(code) || !(await isPatient(failure))) throw failure;
      // The platform may have taken the code before it failed. Else the same again is the same login.
      if (code === CODE_INVALID || code === PLATFORM_UNAVAILABLE) body = '';
    }
  };
}
