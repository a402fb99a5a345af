import { AppError } from '../errors.js';
import type { App } from '../platforms/platform.js';
import type { CallWechat } from './app-calls.js';
import { isIdentifier, unusable } from './ask.js';

/** `risky` must not be shown to others; `review` is for a person to decide. */
export type Suggestion = 'pass' | 'review' | 'risky';

export interface CheckedText {
  readonly openid: string;
  /** At most 2500 characters. */
  readonly content: string;
  /** Where it will be read. */
  readonly scene: keyof typeof scenes;
  readonly nickname?: string | undefined;
}

export interface TextVerdict {
  readonly suggest: Suggestion;
  /** 100 is nothing in particular; the others are in WeChat's documents. */
  readonly label: number;
  /** WeChat's name of this check. */
  readonly traceId: string | null;
}

/**
 * What WeChat thinks of a text.
 *
 * @throws WechatCallError FORBIDDEN (`reason` NOT_RECENT) when the person has not used the app in the last two hours;
 *   BAD_USER_INPUT for a text that is empty or too long; and what every call throws.
 */
export type MsgSecCheck = (app: App, text: CheckedText) => Promise<TextVerdict>;

const scenes = { profile: 1, comment: 2, forum: 3, social: 4 } as const;

const suggestions: readonly unknown[] = ['pass', 'review', 'risky'] satisfies Suggestion[];

const MAX_CHARACTERS = 2500;

export function createMsgSecCheck(call: CallWechat): MsgSecCheck {
  return async (app, { openid, content, scene, nickname }) => {
    if (content === '' || content.length > MAX_CHARACTERS)
      throw new AppError('BAD_USER_INPUT', { detail: `a text to be checked has 1 to ${MAX_CHARACTERS} characters` });
    const body = { version: 2, openid, scene: scenes[scene], content, ...(nickname !== undefined && { nickname }) };
    const { result, trace_id: traceId } = await call(app, { path: '/wxa/msg_sec_check', body });
    const { suggest, label } = (result ?? {}) as Readonly<Record<string, unknown>>;
    if (!suggestions.includes(suggest) || !Number.isInteger(label)) throw unusable(app, { kind: 'bad_answer' });
    return {
      suggest: suggest as Suggestion,
      label: label as number,
      traceId: isIdentifier(traceId) ? traceId : null,
    };
  };
}
