import type { BrokenAnswer } from './faults.js';
import { createRecent, type Recent } from './recent.js';

const EXCHANGE_LIMIT = 1_000;
/** Enough for everything that is right. */
const MAX_LENGTH = 128;

/** One request for a session, and what became of it. Holds neither secret nor session_key. */
export interface Exchange {
  /** In ms. */
  readonly at: number;
  /** As sent; so are `code` and `path`. Each is cut at 128 characters. */
  readonly appid: string;
  readonly code: string;
  /** Without the query. */
  readonly path: string;
  readonly outcome: Outcome;
}

export type Outcome =
  | { readonly kind: 'session'; readonly openid: string; readonly unionid: string | null }
  | { readonly kind: 'errcode'; readonly errcode: number; readonly errmsg: string }
  | { readonly kind: 'fault'; readonly fault: BrokenAnswer };

/** Of the newest 1,000. */
export type ExchangeLog = Recent<Exchange>;

export function createExchangeLog(): ExchangeLog {
  const exchanges = createRecent<Exchange>(EXCHANGE_LIMIT);
  return {
    add({ at, appid, code, path, outcome }) {
      const [shortAppid = '', shortCode = '', shortPath = ''] = [appid, code, path].map((it) =>
        it.slice(0, MAX_LENGTH),
      );
      const exchange = { at, appid: shortAppid, code: shortCode, path: shortPath, outcome: Object.freeze(outcome) };
      exchanges.add(Object.freeze(exchange));
    },
    all: exchanges.all,
  };
}
