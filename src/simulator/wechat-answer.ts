import type { BrokenAnswer } from './faults.js';

/** What comes back, whatever carries it: a text, nothing at all, or the end of the connection. */
export type WechatAnswer =
  | { readonly kind: 'text'; readonly text: string; readonly contentType: string; readonly delayMs: number }
  | { readonly kind: 'silence' }
  | { readonly kind: 'reset' };

const SLOW_MS = 2_000;
const PAGE = '<!DOCTYPE html>\n<html><head><title>WeChat</title></head><body>system maintenance</body></html>\n';

/** Who calls `answer` has WeChat do its work: a code is spent. */
export const brokenAnswers: Readonly<Record<BrokenAnswer, (answer: () => string) => WechatAnswer>> = {
  slow: (answer) => textOf(answer(), { delayMs: SLOW_MS }),
  hang: () => ({ kind: 'silence' }),
  cut(answer) {
    answer();
    return { kind: 'reset' };
  },
  html: () => textOf(PAGE, { contentType: 'text/html' }),
  truncated(answer) {
    const text = answer();
    return textOf(text.slice(0, text.length / 2));
  },
};

/** WeChat labels its JSON text/plain. */
export function textOf(text: string, { contentType = 'text/plain', delayMs = 0 } = {}): WechatAnswer {
  return { kind: 'text', text, contentType, delayMs };
}
