import 'reflect-metadata';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchemaSync } from 'type-graphql';
import { AppError } from '../errors.js';
import type { GatewayContext } from './context.js';
import { LoginResolver } from './resolvers/login.js';
import { LogoutResolver } from './resolvers/logout.js';
import { ViewerResolver } from './resolvers/viewer.js';

const QUERY = 'What can be asked. Everything here is about the sender of the request.';
const MUTATION = 'What can be done: begin a session, end it.';

/** Resolvers keep nothing: everything of one request is in its context. */
export function buildGatewaySchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [ViewerResolver, LoginResolver, LogoutResolver],
    scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
    authChecker: checkAuthorized,
    validate: false,
    emitSchemaFile: false,
  });
  describeRootTypes(schema);
  return schema;
}

/** `@Authorized()` asks for a viewer. It throws our errors: type-graphql's own have other codes. Nobody has a role yet. */
function checkAuthorized({ context }: { context: GatewayContext }, roles: string[]): boolean {
  if (context.viewer === null) throw new AppError('UNAUTHENTICATED');
  if (roles.length > 0) throw new AppError('FORBIDDEN');
  return true;
}

/** type-graphql makes these two itself, and takes no description for them. */
function describeRootTypes(schema: GraphQLSchema): void {
  const query = schema.getQueryType();
  const mutation = schema.getMutationType();
  if (query) query.description = QUERY;
  if (mutation) mutation.description = MUTATION;
}

/** `schema.graphql`: what codegen reads. */
export function printGatewaySchema(): string {
  return `${printSchema(lexicographicSortSchema(buildGatewaySchema()))}\n`;
}
