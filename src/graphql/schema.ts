import { assertValidSchema, type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildClassSchema } from './class-schema.js';
import { mergeOwnSchema, type OwnSchema, ownClassesOf } from './own-schema.js';
import { AccountResolver } from './resolvers/account.js';
import { LoginResolver } from './resolvers/login.js';
import { LogoutResolver } from './resolvers/logout.js';
import { PasswordResolver } from './resolvers/password.js';
import { SessionsResolver } from './resolvers/sessions.js';
import { UserResolver } from './resolvers/user.js';
import { ViewerResolver } from './resolvers/viewer.js';
import { WechatResolver } from './resolvers/wechat.js';

const RESOLVERS = [
  ViewerResolver,
  LoginResolver,
  LogoutResolver,
  SessionsResolver,
  PasswordResolver,
  UserResolver,
  AccountResolver,
  WechatResolver,
];

const DESCRIPTIONS = {
  Query: 'What can be asked. Everything here is about the sender of the request.',
  Mutation: 'What can be done: log in and out, keep an account, open data.',
};
const OWN_DESCRIPTIONS = { Query: 'What can be asked.', Mutation: 'What can be done.' };

/**
 * menjin's schema, with somebody's own in it.
 * @throws TypeError when the two do not go together, Error of graphql's when what comes out is no schema
 */
export function buildGatewaySchema(own: OwnSchema = {}): GraphQLSchema {
  const ownClasses = ownClassesOf(own);
  const core = buildClassSchema(RESOLVERS).schema;
  describeRootTypes(core, DESCRIPTIONS);
  if (ownClasses.length === 0 && own.typeDefs === undefined && own.schema === undefined) return core;

  const { schema, ownCoordinates } = buildClassSchema(RESOLVERS, ownClasses);
  describeRootTypes(schema, OWN_DESCRIPTIONS);
  const merged = mergeOwnSchema(core, schema, own, ownCoordinates);
  assertValidSchema(merged);
  return merged;
}

/** type-graphql makes these two itself, and takes no description for them. */
function describeRootTypes(schema: GraphQLSchema, descriptions: { Query: string; Mutation: string }): void {
  const query = schema.getQueryType();
  const mutation = schema.getMutationType();
  if (query) query.description = descriptions.Query;
  if (mutation) mutation.description = descriptions.Mutation;
}

/**
 * The SDL of menjin's schema, sorted, with one's own merged in: what codegen reads. No setting changes it.
 * @throws TypeError when the two do not go together
 */
export function printGatewaySchema(own: OwnSchema = {}): string {
  return `${printSchema(lexicographicSortSchema(buildGatewaySchema(own)))}\n`;
}
