/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
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


export type LogInMutation = { login: { token: string, expiresAt: string, isNewUser: boolean } };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { openid: string, platform: Platform, session: { expiresAt: string } } | null };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const LogInDocument = new TypedDocumentString(`
    mutation LogIn($input: LoginInput!) {
  login(input: $input) {
    token
    expiresAt
    isNewUser
  }
}
    `) as unknown as TypedDocumentString<LogInMutation, LogInMutationVariables>;
export const ViewerDocument = new TypedDocumentString(`
    query Viewer {
  viewer {
    openid
    platform
    session {
      expiresAt
    }
  }
}
    `) as unknown as TypedDocumentString<ViewerQuery, ViewerQueryVariables>;