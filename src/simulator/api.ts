import type { Fields } from './wechat-request.js';

export interface ApiCall {
  /** Of the app whose access token came along; of stable_token: the one that was named, if there is such an app. */
  readonly appid: string;
  readonly query: URLSearchParams;
  /** What was posted; empty where nothing is. */
  readonly body: Fields;
}

/** A refusal whose errmsg says more than its errcode. */
export interface ApiRefusal {
  readonly refused: number;
  readonly says: string;
}

/** What is added to `errcode` 0, an errcode, or an errcode and its words. */
export type ApiAnswer = { readonly fields: Fields } | number | ApiRefusal;

/** One API that is called with an access token, or that gives one. */
export interface Api {
  readonly method: 'GET' | 'POST';
  /** `secret`: the app's own is in the body, and the answer has no errcode. */
  readonly credential: 'access_token' | 'secret';
  readonly answer: (call: ApiCall) => ApiAnswer;
}
