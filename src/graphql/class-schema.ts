import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { buildSchemaSync, getMetadataStorage } from 'type-graphql';
import { checkAuthorized } from './authorization.js';
import { checkInheritedFields, guardHandlers, guardSimpleFields, type MetadataStorage } from './class-guards.js';

/** A resolver class of type-graphql. */
export type ResolverClass = abstract new (...args: never[]) => object;

export interface ClassSchema {
  readonly schema: GraphQLSchema;
  /** What the second list of classes resolves: `Query.orders`. */
  readonly ownCoordinates: readonly string[];
}

/**
 * One schema of menjin's resolver classes and of somebody's own.
 * @throws TypeError when a class is no resolver class, or a guard of a class would not reach what the class inherits
 */
export function buildClassSchema(classes: readonly ResolverClass[], own: readonly ResolverClass[] = []): ClassSchema {
  const storage = getMetadataStorage();
  const all = [...classes, ...own];
  checkKnown(storage, own);
  return withOnly(all, storage, () => {
    guardSimpleFields(storage);
    guardHandlers(storage);
    const schema = buildSchemaSync({
      resolvers: all as unknown as [() => unknown],
      scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
      authChecker: checkAuthorized,
      validate: false,
      emitSchemaFile: false,
      // It would ask the whole schema about itself; whoever serves or prints it checks it.
      skipCheck: true,
    });
    checkInheritedFields(storage, schema);
    return { schema, ownCoordinates: coordinatesOf(storage, own) };
  });
}

function checkKnown(storage: MetadataStorage, classes: readonly ResolverClass[]): void {
  const { resolverClasses, queries, mutations, subscriptions, fieldResolvers } = storage;
  const known = [...resolverClasses, ...queries, ...mutations, ...subscriptions, ...fieldResolvers];
  const unknown = classes.filter((each) => !known.some(({ target }) => isPartOf([each], target)));
  if (unknown.length === 0) return;
  const names = unknown.map(({ name }) => name || 'A function without a name').join(', ');
  throw new TypeError(`${names}: that is no resolver class of type-graphql. Has it the decorator @Resolver()?`);
}

/** To be asked right after the schema was built, which is when type-graphql has found out. */
function coordinatesOf(storage: MetadataStorage, classes: readonly ResolverClass[]): string[] {
  const isTheirs = ({ target }: { target: unknown }) => isPartOf(classes, target);
  const rootFields = (type: string, handlers: readonly { target: unknown; schemaName: string }[]) =>
    handlers.filter(isTheirs).map(({ schemaName }) => `${type}.${schemaName}`);
  return [
    ...rootFields('Query', storage.queries),
    ...rootFields('Mutation', storage.mutations),
    ...rootFields('Subscription', storage.subscriptions),
    ...storage.fieldResolvers.filter(isTheirs).flatMap(({ getObjectType, schemaName, methodName }) => {
      const typeClass = getObjectType?.();
      const type = [...storage.objectTypes, ...storage.interfaceTypes].find(({ target }) => target === typeClass);
      // It takes a field over whose property has the name of its method, whatever name it is given itself.
      return [...new Set([schemaName, methodName])].map((field) => `${type?.name}.${field}`);
    }),
  ];
}

/** Whether it is one of these classes, or one that they inherit from. */
function isPartOf(classes: readonly ResolverClass[], target: unknown): boolean {
  return classes.some((each) => each === target || Object.prototype.isPrototypeOf.call(target as object, each));
}

/**
 * type-graphql has one storage for all classes of the process, and gives what several resolver classes inherit to the first
 * of them; a guard of one also counts for the types that it resolves fields of. So a build sees its own resolver classes
 * only. What it writes into the types is forgotten before the next.
 */
function withOnly<Built>(classes: readonly ResolverClass[], storage: MetadataStorage, build: () => Built): Built {
  const { resolverClasses, fieldResolvers, authorizedFields } = storage;
  const isUsed = ({ target }: { target: unknown }) => isPartOf(classes, target);
  for (const type of [...storage.objectTypes, ...storage.interfaceTypes]) delete type.fields;
  storage.resolverClasses = resolverClasses.filter(isUsed);
  storage.fieldResolvers = fieldResolvers.filter((each) => each.kind === 'internal' || isUsed(each));
  try {
    return build();
  } finally {
    Object.assign(storage, { resolverClasses, fieldResolvers, authorizedFields });
  }
}
