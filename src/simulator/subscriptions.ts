const SUBSCRIPTION_LIMIT = 10_000;
/** 1 to 64 printable characters. */
const TEMPLATE_ID = /^[\x21-\x7e]{1,64}$/;

/** Who takes which messages, and how many more of them. */
export interface Subscriptions {
  add(appid: string, openid: string, templateId: string, times: number): void;
  /** Uses one up; false: there was none. */
  take(appid: string, openid: string, templateId: string): boolean;
}

export function isTemplateId(value: unknown): value is string {
  return typeof value === 'string' && TEMPLATE_ID.test(value);
}

/** Holds at most 10,000: the one that was given first gives way. */
export function createSubscriptions(): Subscriptions {
  const timesLeft = new Map<string, number>();

  return {
    add(appid, openid, templateId, times) {
      const key = JSON.stringify([appid, openid, templateId]);
      timesLeft.set(key, (timesLeft.get(key) ?? 0) + times);
      const [oldest] = timesLeft.keys();
      if (timesLeft.size > SUBSCRIPTION_LIMIT && oldest !== undefined) timesLeft.delete(oldest);
    },

    take(...of) {
      const key = JSON.stringify(of);
      const left = timesLeft.get(key) ?? 0;
      if (left <= 1) timesLeft.delete(key);
      else timesLeft.set(key, left - 1);
      return left > 0;
    },
  };
}
