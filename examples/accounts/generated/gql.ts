/* eslint-disable */
import * as types from './graphql.js';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "mutation LogIn($input: LoginInput!) {\n  login(input: $input) {\n    token\n    isNewUser\n    viewer {\n      user {\n        id\n      }\n    }\n  }\n}\n\nmutation LogInWithPassword($input: LoginWithPasswordInput!) {\n  loginWithPassword(input: $input) {\n    token\n    viewer {\n      openid\n      user {\n        id\n        username\n      }\n    }\n  }\n}\n\nmutation Register($input: RegisterInput!) {\n  register(input: $input) {\n    viewer {\n      user {\n        id\n        username\n      }\n    }\n  }\n}\n\nmutation LinkIdentity($input: LinkIdentityInput!) {\n  linkIdentity(input: $input) {\n    viewer {\n      user {\n        id\n      }\n    }\n  }\n}\n\nmutation ChangePassword($input: ChangePasswordInput!) {\n  changePassword(input: $input) {\n    sessionsEnded\n  }\n}\n\nmutation CloseAccount($input: CloseAccountInput!) {\n  closeAccount(input: $input) {\n    closed\n  }\n}\n\nquery Viewer {\n  viewer {\n    openid\n    user {\n      id\n    }\n  }\n}\n\nquery Account {\n  viewer {\n    user {\n      id\n      username\n      identities {\n        appid\n        openid\n      }\n    }\n    sessions {\n      appid\n      device\n      current\n    }\n  }\n}": typeof types.LogInDocument,
};
const documents: Documents = {
    "mutation LogIn($input: LoginInput!) {\n  login(input: $input) {\n    token\n    isNewUser\n    viewer {\n      user {\n        id\n      }\n    }\n  }\n}\n\nmutation LogInWithPassword($input: LoginWithPasswordInput!) {\n  loginWithPassword(input: $input) {\n    token\n    viewer {\n      openid\n      user {\n        id\n        username\n      }\n    }\n  }\n}\n\nmutation Register($input: RegisterInput!) {\n  register(input: $input) {\n    viewer {\n      user {\n        id\n        username\n      }\n    }\n  }\n}\n\nmutation LinkIdentity($input: LinkIdentityInput!) {\n  linkIdentity(input: $input) {\n    viewer {\n      user {\n        id\n      }\n    }\n  }\n}\n\nmutation ChangePassword($input: ChangePasswordInput!) {\n  changePassword(input: $input) {\n    sessionsEnded\n  }\n}\n\nmutation CloseAccount($input: CloseAccountInput!) {\n  closeAccount(input: $input) {\n    closed\n  }\n}\n\nquery Viewer {\n  viewer {\n    openid\n    user {\n      id\n    }\n  }\n}\n\nquery Account {\n  viewer {\n    user {\n      id\n      username\n      identities {\n        appid\n        openid\n      }\n    }\n    sessions {\n      appid\n      device\n      current\n    }\n  }\n}": types.LogInDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation LogIn($input: LoginInput!) {\n  login(input: $input) {\n    token\n    isNewUser\n    viewer {\n      user {\n        id\n      }\n    }\n  }\n}\n\nmutation LogInWithPassword($input: LoginWithPasswordInput!) {\n  loginWithPassword(input: $input) {\n    token\n    viewer {\n      openid\n      user {\n        id\n        username\n      }\n    }\n  }\n}\n\nmutation Register($input: RegisterInput!) {\n  register(input: $input) {\n    viewer {\n      user {\n        id\n        username\n      }\n    }\n  }\n}\n\nmutation LinkIdentity($input: LinkIdentityInput!) {\n  linkIdentity(input: $input) {\n    viewer {\n      user {\n        id\n      }\n    }\n  }\n}\n\nmutation ChangePassword($input: ChangePasswordInput!) {\n  changePassword(input: $input) {\n    sessionsEnded\n  }\n}\n\nmutation CloseAccount($input: CloseAccountInput!) {\n  closeAccount(input: $input) {\n    closed\n  }\n}\n\nquery Viewer {\n  viewer {\n    openid\n    user {\n      id\n    }\n  }\n}\n\nquery Account {\n  viewer {\n    user {\n      id\n      username\n      identities {\n        appid\n        openid\n      }\n    }\n    sessions {\n      appid\n      device\n      current\n    }\n  }\n}"): typeof import('./graphql.js').LogInDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
