/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocument } from '../api.js';
/** What a mini-program sends to log in. */
export type LoginInput = {
  /** The mini-program the code is of. Needed only when this deployment has more than one. */
  appid?: string | null | undefined;
  /** The code from wx.login: single use, five minutes. 1 to 128 of A-Z a-z 0-9 _ - . */
  code: string;
  /** A code of the button with open-type getPhoneNumber, to keep the person's phone number with the same request. Should that fail, the login stands, and `phoneError` says why. */
  phoneCode?: string | null | undefined;
  /** A random name the client gives this login: 16 to 64 of A-Z a-z 0-9 _ -. The same code and requestId sent again within five minutes (an answer was lost, a button was tapped twice) answer the same session. Without one a code works once. Keep it as secret as the code. */
  requestId?: string | null | undefined;
};

/** The mini-program platforms whose codes this gateway exchanges. */
export type Platform =
  /** WeChat mini-programs (微信小程序). */
  | 'WECHAT';

export type LogInMutationVariables = Exact<{
  input: LoginInput;
}>;


export type LogInMutation = { login: { token: string } };

export type LogOutMutationVariables = Exact<{ [key: string]: never; }>;


export type LogOutMutation = { logout: { ended: boolean } };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { openid: string, unionid: string | null, appid: string, platform: Platform, user: { id: string }, session: { id: string, expiresAt: string } } | null };

export type TypedText<Result, Variables> = string & TypedDocument<Result, Variables>;
export const LOG_IN = 'mutation LogIn($input:LoginInput!){login(input:$input){token}}' as TypedText<LogInMutation, LogInMutationVariables>;
export const LOG_OUT = 'mutation LogOut{logout{ended}}' as TypedText<LogOutMutation, LogOutMutationVariables>;
export const VIEWER = 'query Viewer{viewer{openid unionid appid platform user{id}session{id expiresAt}}}' as TypedText<ViewerQuery, ViewerQueryVariables>;
