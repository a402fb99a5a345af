import { recordEvent } from '../audit/record-event.js';
import { AppError } from '../errors.js';
import { sha256Hex } from '../lib/bytes.js';
import { createSingleFlight } from '../lib/single-flight.js';
import type { App } from '../platforms/platform.js';
import type { Database } from '../sql/database.js';
import { lockUser } from '../sql/locks.js';
import { countPhoneAsk, giveBackPhoneAsk, type PhoneBudget } from '../users/phone-asks.js';
import { changeUser } from '../users/users.js';
import type { AccessTokens } from '../wechat/access-token.js';
import { WechatCallError } from '../wechat/app-calls.js';
import type { SealedData } from '../wechat/open-data.js';
import { type AskPhoneNumber, toE164 } from '../wechat/phone-number.js';
import type { DecryptOpenData } from './decrypt-open-data.js';
import { checkPhoneCode, chooseApp } from './login-input.js';
import { checkStillOpen } from './still-open.js';
import type { Viewer } from './viewer.js';

/** How the phone has handed the number over: a code of its own, or as it did before there were codes. */
export type PhoneProof = { readonly code: string } | { readonly sealed: SealedData };

/**
 * Keeps the phone number that WeChat vouches for as that of the viewer's user, in place of any other. Sent again, a code
 * that has given its number is answered as the first time, and WeChat is not asked. Somebody else may have the same number.
 *
 * @throws AppError CODE_INVALID, RATE_LIMITED before WeChat is asked, OPEN_DATA_REFUSED, UNAUTHENTICATED,
 *   PLATFORM_UNAVAILABLE, SERVICE_UNAVAILABLE (the number may be kept; if it is not, the code is spent), BAD_USER_INPUT.
 */
export type BindPhoneNumber = (viewer: Viewer, proof: PhoneProof) => Promise<void>;

export interface BindPhoneNumberParts {
  readonly database: Database;
  readonly apps: readonly App[];
  readonly accessTokens: AccessTokens;
  readonly askPhoneNumber: AskPhoneNumber;
  readonly phoneDailyBudget: PhoneBudget;
  readonly decryptOpenData: DecryptOpenData;
}

export function createBindPhoneNumber(parts: BindPhoneNumberParts): BindPhoneNumber {
  const { database, apps, accessTokens, askPhoneNumber, phoneDailyBudget: budget, decryptOpenData } = parts;
  const inFlight = createSingleFlight<void>();

  return async (viewer, proof) => {
    if ('sealed' in proof) return keep(viewer, await numberIn(viewer, proof.sealed), null);
    const { code } = proof;
    checkPhoneCode(code);
    // A button that was tapped twice.
    return inFlight(`${viewer.session.id} ${code}`, () => bindByCode(viewer, code));
  };

  async function bindByCode(viewer: Viewer, code: string): Promise<void> {
    const app = chooseApp(apps, viewer.appid);
    const codeHash = sha256Hex(code);
    const askedAt = await reserve(viewer, app, codeHash);
    if (askedAt === null) return;
    const number = await ask(viewer, app, code, askedAt);
    await keep(viewer, number, codeHash);
  }

  /** When the question was counted; null when the code has given its number before. */
  function reserve(viewer: Viewer, app: App, codeHash: string): Promise<number | null> {
    return database.transaction(async (sql, now) => {
      await lockUser(sql, viewer.user.id);
      const user = await checkStillOpen(sql, viewer);
      if (user.phoneCodeHash === codeHash) return null;
      await countPhoneAsk(sql, now, { app, user, budget });
      return now;
    });
  }

  async function ask({ openid }: Viewer, app: App, code: string, askedAt: number): Promise<string> {
    let isSent = false;
    try {
      await accessTokens.get(app);
      isSent = true;
      return await askPhoneNumber(app, { code, openid });
    } catch (error) {
      const isRefused = error instanceof WechatCallError;
      // Of what was sent and not answered nobody knows what it has cost.
      if (budget !== null && (isRefused || !isSent)) {
        await database.transaction((sql) => giveBackPhoneAsk(sql, askedAt, app)).catch(() => undefined);
      }
      throw error;
    }
  }

  async function numberIn(viewer: Viewer, sealed: SealedData): Promise<string> {
    const { data } = await decryptOpenData(viewer, sealed);
    const number = data.kind === 'WeChatPhoneNumber' ? toE164(data) : null;
    if (number !== null) return number;
    throw new AppError('OPEN_DATA_REFUSED', { action: 'LOGIN_AGAIN', detail: `${data.kind} is no phone number` });
  }

  async function keep(viewer: Viewer, phoneNumber: string, phoneCodeHash: string | null): Promise<void> {
    const { user, session, appid, openid } = viewer;
    await database.transaction(async (sql, now) => {
      await lockUser(sql, user.id);
      await checkStillOpen(sql, viewer);
      await changeUser(sql, user.id, { phoneNumber, phoneVerifiedAt: now, phoneCodeHash });
      const who = { userId: user.id, sessionId: session.id, appid, openid };
      const by = phoneCodeHash === null ? 'data' : 'code';
      await recordEvent(sql, now, { type: 'phone_bound', ...who, details: { by } });
    });
  }
}
