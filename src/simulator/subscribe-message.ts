import type { Accounts } from './accounts.js';
import type { Api } from './api.js';
import type { Recent } from './recent.js';
import { isTemplateId, type Subscriptions } from './subscriptions.js';
import { isObject } from './wechat-request.js';

/** A subscribe message that reached a person's phone. */
export interface SentMessage {
  /** In ms. */
  readonly at: number;
  readonly appid: string;
  readonly username: string;
  readonly openid: string;
  readonly templateId: string;
  /** What a tap opens; null: nothing. */
  readonly page: string | null;
  /** As sent. */
  readonly data: Readonly<Record<string, { readonly value: string | number }>>;
}

export interface SubscribeMessageDeps {
  readonly accounts: Accounts;
  readonly subscriptions: Subscriptions;
  readonly messages: Recent<SentMessage>;
  readonly now: () => number;
}

const FIELD_LIMIT = 50;
const VALUE_LIMIT = 200;
const PAGE_LIMIT = 1_024;
const FIELD_NAME = /^\w{1,64}$/;

/** `POST /cgi-bin/message/subscribe/send { touser, template_id, page?, miniprogram_state?, lang?, data }` */
export function createSubscribeMessage({ accounts, subscriptions, messages, now }: SubscribeMessageDeps): Api {
  let sent = 0;

  return {
    method: 'POST',
    credential: 'access_token',
    answer({ appid, body: { touser, template_id: templateId, page = null, data } }) {
      const account = typeof touser === 'string' ? accounts.find(touser, appid) : null;
      if (account === null) return 40003;
      if (!isTemplateId(templateId)) return 40037;
      if (!isPage(page)) return 41030;
      const values = valuesOf(data);
      if (typeof values === 'string') return { refused: 47003, says: values };
      const { username, openid } = account;
      if (!subscriptions.take(appid, openid, templateId)) return 43101;
      messages.add(Object.freeze({ at: now(), appid, username, openid, templateId, page: page || null, data: values }));
      sent += 1;
      return { fields: { msgid: sent } };
    },
  };
}

/** A path within the mini-program. */
function isPage(page: unknown): page is string | null {
  return page === null || (typeof page === 'string' && page.length <= PAGE_LIMIT && !/^http/i.test(page));
}

/** @returns what is wrong, as WeChat puts it */
function valuesOf(data: unknown): SentMessage['data'] | string {
  if (!isObject(data)) return 'data is empty';
  const entries = Object.entries(data);
  if (entries.length > FIELD_LIMIT) return 'data has too many fields';
  const fault = entries.map(faultOf).find((each) => each !== null);
  if (fault !== undefined) return fault;
  return Object.freeze(
    Object.fromEntries(entries.map(([name, field]) => [name, Object.freeze({ value: sentValueOf(field) })])),
  );
}

/** As it was checked. */
function sentValueOf(field: unknown): string | number {
  return (field as { value: string | number }).value;
}

function faultOf([name, field]: [name: string, field: unknown]): string | null {
  if (!FIELD_NAME.test(name)) return 'data has a field without a name';
  const value = isObject(field) ? field.value : undefined;
  if (value === undefined || value === null || value === '') return `data.${name}.value is empty`;
  if (typeof value === 'number') return null;
  return typeof value === 'string' && value.length <= VALUE_LIMIT ? null : `data.${name}.value invalid`;
}
