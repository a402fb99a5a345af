import { AppError } from '../errors.js';
import type { App } from '../platforms/platform.js';
import type { HeldToken } from './access-token-store.js';
import { type AskWechat, isIdentifier, refused, unusable, type WechatAnswer } from './ask.js';
import { tokenErrcodeRow } from './call-errcodes.js';
import { UNAVAILABLE_RETRY_AFTER_SECONDS } from './errcodes.js';
import { createWithSecret } from './working-secret.js';

/**
 * Asks WeChat for the app's token: the same one again while it is good, whoever asks. `force` has it replaced, and what was
 * good before is not any more: 20 times a day.
 *
 * @param timeoutMs over all requests this takes
 * @throws AppError PLATFORM_UNAVAILABLE, RATE_LIMITED, or INTERNAL_SERVER_ERROR (`alarm`) when the app is misconfigured
 */
export type AskAccessToken = (app: App, options: { force: boolean; timeoutMs: number }) => Promise<HeldToken>;

/** WeChat's are good for two hours, and it says that 512 characters may be needed. */
const MAX_LIFETIME_SECONDS = 86_400;
const MAX_TOKEN_LENGTH = 1024;

export function createAskAccessToken({ ask, now }: { ask: AskWechat; now: () => number }): AskAccessToken {
  const withSecret = createWithSecret();

  return async (app, { force, timeoutMs }) => {
    const deadline = performance.now() + timeoutMs;
    let askedAt = Number.NaN;

    const answer = await withSecret(app, tokenErrcodeRow, (secret) => {
      // What it is good for counts from here: how long the answer took is not known to WeChat.
      askedAt = now();
      const body = { grant_type: 'client_credential', appid: app.appid, secret, force_refresh: force };
      return ask(app, { path: '/cgi-bin/stable_token', body, timeoutMs: deadline - performance.now() });
    });
    const { token, lifetimeSeconds } = readToken(app, answer, force);
    return { token, expiresAt: askedAt + lifetimeSeconds * 1000 };
  };
}

function readToken(app: App, answer: WechatAnswer, force: boolean) {
  if (answer.fields === null) {
    const refusal = refused(app, answer, tokenErrcodeRow(answer.errcode));
    throw force ? notReplaced(app, refusal) : refusal;
  }
  const { access_token: token, expires_in: lifetimeSeconds } = answer.fields;
  if (!isIdentifier(token, MAX_TOKEN_LENGTH) || !isLifetime(lifetimeSeconds))
    throw unusable(app, { kind: 'bad_answer', httpStatus: answer.httpStatus });
  return { token, lifetimeSeconds };
}

function isLifetime(seconds: unknown): seconds is number {
  return Number.isInteger(seconds) && (seconds as number) > 0 && (seconds as number) <= MAX_LIFETIME_SECONDS;
}

/** A token is refused, and WeChat has no other. Its quota of replacements says nothing to who made the call. */
export function notReplaced({ platform, appid }: App, cause: AppError | null = null): AppError {
  return new AppError('PLATFORM_UNAVAILABLE', {
    retryAfterSeconds: UNAVAILABLE_RETRY_AFTER_SECONDS,
    alarm: true,
    cause,
    detail: `app ${appid}: WeChat refuses the access token that it gives.`,
    log: { platform, appid, kind: 'token not replaced', errcode: cause?.log.errcode ?? null },
  });
}
