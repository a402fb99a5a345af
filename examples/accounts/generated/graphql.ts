/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** The password as it is, and as it shall be. */
export type ChangePasswordInput = {
  /** The password of the viewer's user. */
  currentPassword: string;
  /** 8 to 1024 characters of any kind. Not the username, and none of those that everybody tries first. */
  newPassword: string;
};

/** The proof that it is the person who asks. */
export type CloseAccountInput = {
  /** A fresh code from wx.login, in the mini-program that the viewer is signed in through. 1 to 128 of A-Z a-z 0-9 _ - . */
  code: string;
};

/** Which identity comes to the viewer's user. */
export type LinkIdentityInput = {
  /** The mini-program the code is of. Needed only when this deployment has more than one. */
  appid?: string | null | undefined;
  /** A code of that identity: single use, five minutes. 1 to 128 of A-Z a-z 0-9 _ - . */
  code: string;
  /** Whether another user who has the identity is joined with the viewer's: all identities come to the viewer's user, who keeps their own username, phone number, nickname and avatar, or takes the other's where they have none. The other's sessions end; the other's id names the viewer's user from then on. Cannot be taken back. Null is false. */
  merge?: boolean | null | undefined;
};

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

/** What a mini-program sends to log in to an account with a password. */
export type LoginWithPasswordInput = {
  /** The mini-program the code is of. Needed only when this deployment has more than one. */
  appid?: string | null | undefined;
  /** The code from wx.login: single use, five minutes. 1 to 128 of A-Z a-z 0-9 _ - . A wrong password does not use it up. */
  code: string;
  /** Whether the phone's identity comes to the account for good: then later logins by code are the account's, too. Else only this session is. Null is false. */
  link?: boolean | null | undefined;
  /** Its password, exactly as it was chosen. */
  password: string;
  /** A random name the client gives this login: 16 to 64 of A-Z a-z 0-9 _ -. The same code, requestId and username sent again within five minutes, with the right password, answer the same session. Keep it as secret as the code. */
  requestId?: string | null | undefined;
  /** The username of the account, in either case. */
  username: string;
};

/** The username and password that the viewer's user gets. */
export type RegisterInput = {
  /** 8 to 1024 characters of any kind, none of them cut off. Not the username, and none of those that everybody tries first. */
  password: string;
  /** 3 to 32 of a-z 0-9 _ . - in either case; kept and shown in lower case. Unique in the tenant. */
  username: string;
};

export type LogInMutationVariables = Exact<{
  input: LoginInput;
}>;


export type LogInMutation = { login: { token: string, isNewUser: boolean, viewer: { user: { id: string } } } };

export type LogInWithPasswordMutationVariables = Exact<{
  input: LoginWithPasswordInput;
}>;


export type LogInWithPasswordMutation = { loginWithPassword: { token: string, viewer: { openid: string, user: { id: string, username: string | null } } } };

export type RegisterMutationVariables = Exact<{
  input: RegisterInput;
}>;


export type RegisterMutation = { register: { viewer: { user: { id: string, username: string | null } } } };

export type LinkIdentityMutationVariables = Exact<{
  input: LinkIdentityInput;
}>;


export type LinkIdentityMutation = { linkIdentity: { viewer: { user: { id: string } } } };

export type ChangePasswordMutationVariables = Exact<{
  input: ChangePasswordInput;
}>;


export type ChangePasswordMutation = { changePassword: { sessionsEnded: number } };

export type CloseAccountMutationVariables = Exact<{
  input: CloseAccountInput;
}>;


export type CloseAccountMutation = { closeAccount: { closed: boolean } };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { openid: string, user: { id: string } } | null };

export type AccountQueryVariables = Exact<{ [key: string]: never; }>;


export type AccountQuery = { viewer: { user: { id: string, username: string | null, identities: Array<{ appid: string, openid: string }> }, sessions: Array<{ appid: string, device: string | null, current: boolean }> } | null };

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
    isNewUser
    viewer {
      user {
        id
      }
    }
  }
}
    `) as unknown as TypedDocumentString<LogInMutation, LogInMutationVariables>;
export const LogInWithPasswordDocument = new TypedDocumentString(`
    mutation LogInWithPassword($input: LoginWithPasswordInput!) {
  loginWithPassword(input: $input) {
    token
    viewer {
      openid
      user {
        id
        username
      }
    }
  }
}
    `) as unknown as TypedDocumentString<LogInWithPasswordMutation, LogInWithPasswordMutationVariables>;
export const RegisterDocument = new TypedDocumentString(`
    mutation Register($input: RegisterInput!) {
  register(input: $input) {
    viewer {
      user {
        id
        username
      }
    }
  }
}
    `) as unknown as TypedDocumentString<RegisterMutation, RegisterMutationVariables>;
export const LinkIdentityDocument = new TypedDocumentString(`
    mutation LinkIdentity($input: LinkIdentityInput!) {
  linkIdentity(input: $input) {
    viewer {
      user {
        id
      }
    }
  }
}
    `) as unknown as TypedDocumentString<LinkIdentityMutation, LinkIdentityMutationVariables>;
export const ChangePasswordDocument = new TypedDocumentString(`
    mutation ChangePassword($input: ChangePasswordInput!) {
  changePassword(input: $input) {
    sessionsEnded
  }
}
    `) as unknown as TypedDocumentString<ChangePasswordMutation, ChangePasswordMutationVariables>;
export const CloseAccountDocument = new TypedDocumentString(`
    mutation CloseAccount($input: CloseAccountInput!) {
  closeAccount(input: $input) {
    closed
  }
}
    `) as unknown as TypedDocumentString<CloseAccountMutation, CloseAccountMutationVariables>;
export const ViewerDocument = new TypedDocumentString(`
    query Viewer {
  viewer {
    openid
    user {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<ViewerQuery, ViewerQueryVariables>;
export const AccountDocument = new TypedDocumentString(`
    query Account {
  viewer {
    user {
      id
      username
      identities {
        appid
        openid
      }
    }
    sessions {
      appid
      device
      current
    }
  }
}
    `) as unknown as TypedDocumentString<AccountQuery, AccountQueryVariables>;