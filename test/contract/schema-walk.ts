import {
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { getMetadataStorage } from 'type-graphql';

/** One place of a schema that a developer reads: `Type`, `Type.field`, `Type.field(argument)`, `Enum.VALUE`. */
export interface Place {
  readonly name: string;
  readonly kind: 'type' | 'field' | 'argument' | 'input field' | 'enum value';
  readonly description: string | null;
}

/** Every place of our own; not those of GraphQL itself. */
export function placesOf(schema: GraphQLSchema): Place[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .flatMap((type) => [placeAt(type.name, 'type', type), ...placesIn(type)]);
}

function placesIn(type: GraphQLNamedType): Place[] {
  if (isObjectType(type) || isInterfaceType(type)) {
    return Object.values(type.getFields()).flatMap((field) => [
      placeAt(`${type.name}.${field.name}`, 'field', field),
      ...field.args.map((argument) => placeAt(`${type.name}.${field.name}(${argument.name})`, 'argument', argument)),
    ]);
  }
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).map((field) => placeAt(`${type.name}.${field.name}`, 'input field', field));
  }
  if (isEnumType(type))
    return type.getValues().map((value) => placeAt(`${type.name}.${value.name}`, 'enum value', value));
  return [];
}

function placeAt(
  name: string,
  kind: Place['kind'],
  { description }: { description?: string | null | undefined },
): Place {
  return { name, kind, description: description || null };
}

/** `Type.field` of everything `@Authorized` stands on, or on whose class it stands. As type-graphql enforces it: call it after a schema was built. */
export function guardedFields(): Set<string> {
  const { queries, mutations, subscriptions, objectTypes, interfaceTypes } = getMetadataStorage();
  const rows = [
    ...queries.map((query) => ({ ...query, type: 'Query' })),
    ...mutations.map((mutation) => ({ ...mutation, type: 'Mutation' })),
    ...subscriptions.map((subscription) => ({ ...subscription, type: 'Subscription' })),
    ...[...objectTypes, ...interfaceTypes].flatMap((type) =>
      (type.fields ?? []).map((field) => ({ ...field, type: type.name })),
    ),
  ];
  return new Set(rows.filter((row) => row.roles !== undefined).map((row) => `${row.type}.${row.schemaName}`));
}

/** What is wrong between the fields that anybody may read and the list of them, one sentence each. */
export function publicFieldFaults(
  schema: GraphQLSchema,
  guarded: ReadonlySet<string>,
  listed: readonly string[],
): string[] {
  const fields = placesOf(schema)
    .filter((place) => place.kind === 'field')
    .map((place) => place.name);
  const open = fields.filter((field) => !guarded.has(field) && !listed.includes(field));
  const gone = listed.filter((field) => !fields.includes(field));
  const both = listed.filter((field) => guarded.has(field));
  return [
    ...open.map((field) => `${field} is neither listed nor guarded by @Authorized`),
    ...gone.map((field) => `${field} is listed and does not exist`),
    ...both.map((field) => `${field} is listed as public and guarded`),
  ];
}
