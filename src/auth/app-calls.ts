import { AppError } from '../errors.js';
import type { App } from '../platforms/platform.js';
import type { CallWechat, WechatCall } from '../wechat/app-calls.js';
import type { CheckedText, MsgSecCheck, TextVerdict } from '../wechat/msg-sec-check.js';
import type { SendSubscribeMessage, SubscribeMessage } from '../wechat/subscribe-message.js';
import { chooseApp } from './login-input.js';
import type { Viewer } from './viewer.js';

/** Which app calls: the viewer's, or the only one, unless it is named. */
interface OfApp {
  readonly appid?: string | undefined;
}

/** Whom it is about: the viewer, unless somebody else is named. */
interface About extends OfApp {
  readonly openid?: string | undefined;
}

/**
 * WeChat's server APIs, called in an app's name. The access token is got, kept and renewed behind it, once for all processes.
 * Every call ends within 5 s, or its `timeoutMs`; none is made again, but for once when WeChat did not take the token.
 *
 * All throw AppError: WechatCallError with WeChat's `errcode` when WeChat refuses; PLATFORM_UNAVAILABLE, RATE_LIMITED,
 * UNKNOWN_APP; UNAUTHENTICATED when nobody, or which of several apps, is not named and there is no viewer.
 */
export interface AppCalls {
  /**
   * Any API: GET, or POST of `body` as JSON.
   * @param call `path` as in WeChat's documents, like `/wxa/business/getuserphonenumber`, without the access_token
   * @returns the fields of the answer, whose errcode is 0 or absent
   */
  call(call: WechatCall & OfApp): Promise<Readonly<Record<string, unknown>>>;
  readonly subscribeMessage: {
    /**
     * Sends a message that the person has asked for with wx.requestSubscribeMessage.
     * @throws WechatCallError FORBIDDEN (`reason` NOT_SUBSCRIBED, 43101: they have not, or it was sent before),
     *   BAD_USER_INPUT (`reason` TEMPLATE_DATA, 47003: a field of `data` is not of the template's form)
     */
    send(message: Omit<SubscribeMessage, 'openid'> & About): Promise<void>;
  };
  /** What WeChat thinks of a text: `risky` must not be shown to others, `review` somebody should look at. */
  msgSecCheck(text: Omit<CheckedText, 'openid'> & About): Promise<TextVerdict>;
}

export interface AppCallsParts {
  readonly apps: readonly App[];
  readonly call: CallWechat;
  readonly sendSubscribeMessage: SendSubscribeMessage;
  readonly msgSecCheck: MsgSecCheck;
}

/** @param viewer asked when a call names nobody; may throw */
export type AppCallsFor = (viewer: () => Viewer | null) => AppCalls;

export function createAppCalls({ apps, call, sendSubscribeMessage, msgSecCheck }: AppCallsParts): AppCallsFor {
  return (viewer) => {
    /** Who names the app need not have a viewer. */
    const appOf = (appid: string | undefined): App => {
      if (appid !== undefined || apps.length === 1) return chooseApp(apps, appid ?? null);
      const who = viewer();
      if (who === null) throw new AppError('UNAUTHENTICATED', { detail: 'a call names no app, and has no viewer' });
      return chooseApp(apps, who.appid);
    };

    const personIn = (app: App, openid: string | undefined): string => {
      if (openid !== undefined) return openid;
      const who = viewer();
      if (who === null) throw new AppError('UNAUTHENTICATED', { detail: 'a call names no openid, and has no viewer' });
      if (who.platform === app.platform && who.appid === app.appid) return who.openid;
      throw new TypeError(`the viewer's openid means nobody in the app ${app.appid}: name the openid there`);
    };

    return {
      call: async ({ appid, ...asked }) => call(appOf(appid), asked),
      subscribeMessage: {
        send: async ({ appid, openid, ...message }) => {
          const app = appOf(appid);
          return sendSubscribeMessage(app, { ...message, openid: personIn(app, openid) });
        },
      },
      msgSecCheck: async ({ appid, openid, ...text }) => {
        const app = appOf(appid);
        return msgSecCheck(app, { ...text, openid: personIn(app, openid) });
      },
    };
  };
}
