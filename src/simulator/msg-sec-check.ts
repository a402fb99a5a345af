import { randomBytes } from 'node:crypto';
import type { Accounts } from './accounts.js';
import type { Api } from './api.js';

const CONTENT_LIMIT = 2_500;
const RECENT_MS = 2 * 3_600_000;

interface Verdict {
  readonly suggest: 'risky' | 'review' | 'pass';
  readonly label: number;
}

const PASS: Verdict = { suggest: 'pass', label: 100 };

/** The first of whose words one is in the text. */
const verdicts: readonly (readonly [words: RegExp, verdict: Verdict])[] = [
  [/risky|违规/i, { suggest: 'risky', label: 20001 }],
  [/review/i, { suggest: 'review', label: 21000 }],
];

/** `POST /wxa/msg_sec_check { version: 2, openid, scene, content, nickname?, title?, signature? }` */
export function createMsgSecCheck(accounts: Accounts, now: () => number): Api {
  return {
    method: 'POST',
    credential: 'access_token',
    answer({ appid, body: { version, openid, scene, content, nickname, title, signature } }) {
      if (version !== 2 || typeof content !== 'string') return 47001;
      if (content === '') return 44002;
      if ([...content].length > CONTENT_LIMIT) return 47001;
      if (typeof scene !== 'number' || ![1, 2, 3, 4].includes(scene)) return 40129;
      const account = typeof openid === 'string' ? accounts.find(openid, appid) : null;
      if (account === null) return 40003;
      if (account.loggedInAtMs === null || now() - account.loggedInAtMs > RECENT_MS) return 61010;
      const verdict = verdictOf([content, nickname, title, signature].filter((each) => typeof each === 'string'));
      const detail = [{ strategy: 'content_model', errcode: 0, ...verdict, prob: 90 }];
      return { fields: { result: verdict, detail, trace_id: randomBytes(12).toString('hex') } };
    },
  };
}

function verdictOf(texts: readonly string[]): Verdict {
  const text = texts.join('\n');
  return verdicts.find(([words]) => words.test(text))?.[1] ?? PASS;
}
