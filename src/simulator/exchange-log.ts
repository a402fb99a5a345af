import type { BrokenAnswer } from './faults.js';

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

export interface ExchangeLog {
  add(exchange: Exchange): void;
  /** The newest 1,000, oldest first. */
  all(): readonly Exchange[];
}

export function createExchangeLog(): ExchangeLog {
  const exchanges: Exchange[] = [];
  return {
    add({ at, appid, code, path, outcome }) {
      if (exchanges.length >= EXCHANGE_LIMIT) exchanges.shift();
      const [shortAppid = '', shortCode = '', shortPath = ''] = [appid, code, path].map((it) =>
        it.slice(0, MAX_LENGTH),
      );
      const exchange = { at, appid: shortAppid, code: shortCode, path: shortPath, outcome: Object.freeze(outcome) };
      exchanges.push(Object.freeze(exchange));
    },
    all: () => [...exchanges],
  };
}
