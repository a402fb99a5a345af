import {
  type DocumentNode,
  findBreakingChanges,
  type GraphQLResolveInfo,
  GraphQLScalarType,
  type GraphQLSchema,
  isSchema,
  Kind,
  parse,
} from 'graphql';
import { mergeSchemas } from './apollo-server.js';
import type { ResolverClass } from './class-schema.js';
import type { GatewayContext } from './context.js';
import { documentCoordinates, schemaCoordinates } from './coordinates.js';

/** What somebody adds to menjin's schema. Nothing of menjin's own may be redefined. */
export interface OwnSchema {
  /** Resolver classes of type-graphql, or a map of resolvers that goes with `typeDefs`. */
  readonly resolvers?: readonly ResolverClass[] | ResolverMap | undefined;
  /** SDL. `type Query { ... }` and `extend type Query { ... }` both add to menjin's, as `extend type Viewer { ... }` does. */
  readonly typeDefs?: string | DocumentNode | undefined;
  /** An executable schema, merged in. Its resolvers get a GatewayContext. */
  readonly schema?: GraphQLSchema | undefined;
}

interface FieldResolver {
  // A method: the parameters of a resolver may be narrower than these, as those of generated types are.
  resolve(source: unknown, args: Record<string, unknown>, context: GatewayContext, info: GraphQLResolveInfo): unknown;
}

/** Type -> field -> resolver; a scalar stands for itself, an enum has its inner values. */
export interface ResolverMap {
  readonly [type: string]:
    | GraphQLScalarType
    | { readonly [field: string]: FieldResolver['resolve'] | FieldResolver | string | number };
}

/** @throws TypeError when `resolvers` is a map without `typeDefs`, or no list of classes */
export function ownClassesOf({ resolvers = [], typeDefs }: OwnSchema): readonly ResolverClass[] {
  if (isMap(resolvers)) {
    if (typeDefs !== undefined) return [];
    throw new TypeError('resolvers is a map, which goes with typeDefs. Resolver classes come as a list.');
  }
  if (Array.isArray(resolvers) && resolvers.every((each) => typeof each === 'function')) return resolvers;
  throw new TypeError('resolvers must be a list of resolver classes, or a map that goes with typeDefs.');
}

function isMap(resolvers: readonly ResolverClass[] | ResolverMap): resolvers is ResolverMap {
  return typeof resolvers === 'object' && !Array.isArray(resolvers);
}

/** For those who write JavaScript. */
function documentOf(typeDefs: unknown): DocumentNode | undefined {
  if (typeof typeDefs === 'string') return parseTypeDefs(typeDefs);
  if (typeDefs === undefined || (typeDefs as DocumentNode | null)?.kind === Kind.DOCUMENT) {
    return typeDefs as DocumentNode | undefined;
  }
  throw new TypeError('typeDefs must be SDL, or a document that graphql has parsed.');
}

function checkSchema(schema: GraphQLSchema | undefined): void {
  if (schema === undefined) return;
  if (!isSchema(schema)) throw new TypeError('schema must be an executable one. SDL is for typeDefs.');
  checkRootNames(schema);
}

function checkRootNames(schema: GraphQLSchema): void {
  const { name: query = 'Query' } = schema.getQueryType() ?? {};
  const { name: mutation = 'Mutation' } = schema.getMutationType() ?? {};
  if (query === 'Query' && mutation === 'Mutation') return;
  throw new TypeError("The root types must be called Query and Mutation, as menjin's are.");
}

/**
 * `ours` (which has somebody's own classes in it already) with their SDL and their schema merged in.
 *
 * @param core menjin's schema alone
 * @throws TypeError when it would change what is menjin's, or `typeDefs` is not SDL; Error of graphql's when its parts do not fit
 */
export function mergeOwnSchema(
  core: GraphQLSchema,
  ours: GraphQLSchema,
  { resolvers = [], typeDefs, schema }: OwnSchema,
  classCoordinates: readonly string[],
): GraphQLSchema {
  const document = documentOf(typeDefs);
  checkSchema(schema);
  const map = isMap(resolvers) ? resolvers : {};
  checkNothingRedefined(core, [
    ...classCoordinates,
    ...(document === undefined ? [] : documentCoordinates(document)),
    ...mapCoordinates(map),
    // Its scalars may have names of ours: then ours count.
    ...(schema === undefined ? [] : schemaCoordinates(schema).filter((coordinate) => coordinate.includes('.'))),
  ]);
  if (document === undefined && schema === undefined) return ours;
  const merged = mergeSchemas({
    schemas: schema === undefined ? [ours] : [schema, ours],
    typeDefs: document === undefined ? [] : [document],
    resolvers: map as Record<string, Record<string, FieldResolver['resolve']>>,
  });
  checkNothingLost(core, merged);
  return merged;
}

function parseTypeDefs(typeDefs: string): DocumentNode {
  try {
    return parse(typeDefs);
  } catch (cause) {
    throw new TypeError(`typeDefs is not SDL: ${String(cause)}`, { cause });
  }
}

function mapCoordinates(map: ResolverMap): string[] {
  return Object.entries(map).flatMap(([type, fields]) =>
    // A scalar may be given by its methods; and what begins with __ is said of the type.
    fields instanceof GraphQLScalarType ? [type] : [type, ...Object.keys(fields).map((field) => `${type}.${field}`)],
  );
}

function checkNothingRedefined(core: GraphQLSchema, coordinates: readonly string[]): void {
  const taken = new Set(schemaCoordinates(core));
  const isTaken = (coordinate: string) => {
    const [type = '', field = ''] = coordinate.split('.');
    return taken.has(coordinate) || (field.startsWith('__') && core.getType(type) !== undefined);
  };
  const redefined = coordinates.filter(isTaken);
  if (redefined.length === 0) return;
  throw new TypeError(
    `${redefined.join(', ')}: that is menjin's own, and cannot be defined again. Choose another name.`,
  );
}

function checkNothingLost(core: GraphQLSchema, merged: GraphQLSchema): void {
  checkRootNames(merged);
  const broken = findBreakingChanges(core, merged).map(({ description }) => description);
  if (broken.length > 0) throw new TypeError(`menjin's own schema would change: ${broken.join(' ')}`);
}
