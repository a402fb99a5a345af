import type { App } from '../platforms/platform.js';
import type { CallWechat } from './app-calls.js';

export interface SubscribeMessage {
  readonly openid: string;
  readonly templateId: string;
  /** Values by the template's fields: `{ thing1: 'Order', date2: '2026-01-01' }`. */
  readonly data: Readonly<Record<string, string | number>>;
  /** Opened by a tap on the message: `pages/orders/show?id=7`. */
  readonly page?: string | undefined;
  /** @default formal */
  readonly miniprogramState?: 'developer' | 'trial' | 'formal' | undefined;
  /** @default zh_CN */
  readonly lang?: string | undefined;
}

/**
 * Sends a message that the person has asked for with wx.requestSubscribeMessage.
 *
 * @throws WechatCallError FORBIDDEN (`reason` NOT_SUBSCRIBED) when they have not or it was sent before, BAD_USER_INPUT
 *   (`reason` TEMPLATE_DATA) when a field of `data` is not of the template's form; and what every call throws.
 */
export type SendSubscribeMessage = (app: App, message: SubscribeMessage) => Promise<void>;

export function createSendSubscribeMessage(call: CallWechat): SendSubscribeMessage {
  return async (app, { openid, templateId, data, page, miniprogramState, lang }) => {
    const values = Object.entries(data).map(([field, value]) => [field, { value: String(value) }]);
    const body = {
      touser: openid,
      template_id: templateId,
      data: Object.fromEntries(values),
      ...(page !== undefined && { page }),
      ...(miniprogramState !== undefined && { miniprogram_state: miniprogramState }),
      ...(lang !== undefined && { lang }),
    };
    await call(app, { path: '/cgi-bin/message/subscribe/send', body });
  };
}
