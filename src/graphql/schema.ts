import 'reflect-metadata';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchemaSync } from 'type-graphql';
import { AppError } from '../errors.js';
import type { GatewayContext } from './context.js';
import { LoginResolver } from './resolvers/login.js';
import { LogoutResolver } from './resolvers/logout.js';
import { ViewerResolver } from './resolvers/viewer.js';

/** Resolvers keep nothing: everything of one request is in its context, so one schema serves every gateway of a process. */
export function buildGatewaySchema(): GraphQLSchema {
  return buildSchemaSync({
    resolvers: [ViewerResolver, LoginResolver, LogoutResolver],
    scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
    // type-graphql's own errors have codes of their own.
    authChecker: ({ context }: { context: GatewayContext }) => {
      if (context.viewer === null) throw new AppError('UNAUTHENTICATED');
      return true;
    },
    validate: false,
    emitSchemaFile: false,
  });
}

/** `schema.graphql`: what codegen reads. */
export function printGatewaySchema(): string {
  return `${printSchema(lexicographicSortSchema(buildGatewaySchema()))}\n`;
}
