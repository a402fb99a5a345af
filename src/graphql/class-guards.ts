import type { GraphQLSchema } from 'graphql';
import type { getMetadataStorage } from 'type-graphql';

export type MetadataStorage = ReturnType<typeof getMetadataStorage>;

type AuthorizedField = MetadataStorage['authorizedFields'][number];
type Target = AuthorizedField['target'];
/** None: any viewer. undefined: no guard. */
type Roles = AuthorizedField['roles'] | undefined;

/** type-graphql gives a simple field no resolver, and it is the resolver that asks `@Authorized`. */
export function guardSimpleFields(storage: MetadataStorage): void {
  for (const field of storage.fields) {
    if (hasGuard(storage, field)) field.simple = false;
  }
}

/**
 * type-graphql asks `@Authorized` of a class only for what the class itself declares. Here that of a resolver class also
 * counts for the queries, mutations and field resolvers that it inherits, and that of an object type for the fields that
 * resolver classes hang on it. The guard of a field counts before that of a class, whoever resolves it.
 */
export function guardHandlers(storage: MetadataStorage): void {
  const { resolverClasses, queries, mutations, subscriptions, fieldResolvers } = storage;
  const external = fieldResolvers.filter(({ kind }) => kind === 'external');
  // Those that inherit come after what they inherit from, and count first.
  for (const { target: resolver } of resolverClasses.toReversed()) {
    const isIts = ({ target }: { target: unknown }) => target === resolver || ancestorsOf(resolver).includes(target);
    for (const { target, methodName } of [...queries, ...mutations, ...subscriptions].filter(isIts)) {
      addGuard(storage, target, methodName, rolesOfClass(storage, target) ?? rolesOfClass(storage, resolver));
    }
    for (const { target, methodName, schemaName } of external.filter(isIts)) {
      const type = resolverClasses.find((each) => each.target === target)?.getObjectType();
      addGuard(
        storage,
        target,
        methodName,
        rolesOfField(storage, type, schemaName) ??
          rolesOfClass(storage, target) ??
          rolesOfClass(storage, resolver) ??
          rolesOfClass(storage, type),
      );
    }
  }
}

function addGuard(storage: MetadataStorage, target: Target, fieldName: string, roles: Roles): void {
  if (roles === undefined || hasFieldGuard(storage, target, fieldName)) return;
  storage.authorizedFields = [...storage.authorizedFields, { target, fieldName, roles }];
}

/** What guards a field of a type, or of what the type inherits from. */
function rolesOfField(storage: MetadataStorage, type: unknown, schemaName: string): Roles {
  const owners = [type, ...parentsOf(storage, type)];
  const fields = storage.fields.filter((field) => owners.includes(field.target) && field.schemaName === schemaName);
  const isOfOne = ({ target, fieldName }: { target: unknown; fieldName: string }) =>
    fields.some((field) => field.target === target && field.name === fieldName);
  return storage.authorizedFields.find(isOfOne)?.roles;
}

/** The fields of an object type belong to all types that inherit them: a guard of one cannot be put on them. */
export function checkInheritedFields(storage: MetadataStorage, schema: GraphQLSchema): void {
  const { objectTypes, interfaceTypes, fields } = storage;
  for (const { name, target } of [...objectTypes, ...interfaceTypes]) {
    if (schema.getType(name) === undefined || rolesOfClass(storage, target) === undefined) continue;
    const declared = new Set(fields.filter((field) => field.target === target).map((field) => field.name));
    const parents = parentsOf(storage, target);
    const open = fields.filter(
      (field) => parents.includes(field.target) && !declared.has(field.name) && !hasGuard(storage, field),
    );
    if (open.length === 0) continue;
    const names = [...new Set(open.map(({ schemaName }) => schemaName))].join(', ');
    throw new TypeError(
      `@Authorized of the class ${target.name} does not guard what it inherits: ${names}. Guard it where it is declared, or declare it again.`,
    );
  }
}

function hasGuard(storage: MetadataStorage, { target, name }: { target: unknown; name: string }): boolean {
  return hasFieldGuard(storage, target, name) || rolesOfClass(storage, target) !== undefined;
}

function hasFieldGuard({ authorizedFields }: MetadataStorage, target: unknown, name: string): boolean {
  return authorizedFields.some((guard) => guard.target === target && guard.fieldName === name);
}

function rolesOfClass({ authorizedResolver }: MetadataStorage, target: unknown): Roles {
  return authorizedResolver.find((guard) => guard.target === target)?.roles;
}

/** Its superclasses and interfaces, and theirs. */
function parentsOf(storage: MetadataStorage, type: unknown): unknown[] {
  const { interfaceClasses = [] } =
    [...storage.objectTypes, ...storage.interfaceTypes].find(({ target }) => target === type) ?? {};
  return [...ancestorsOf(type), ...interfaceClasses].flatMap((each) => [each, ...parentsOf(storage, each)]);
}

function ancestorsOf(target: unknown): unknown[] {
  const parent: unknown = Object.getPrototypeOf(target);
  return typeof parent === 'function' && parent !== Function.prototype ? [parent, ...ancestorsOf(parent)] : [];
}
