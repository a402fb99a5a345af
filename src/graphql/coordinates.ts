import {
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql';

/** Where something is defined: `Type.field`, `Input.field`, `Enum.VALUE`, and a scalar by its name. */
export function schemaCoordinates(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .flatMap((type) => (isScalarType(type) ? [type.name] : membersOf(type).map((member) => `${type.name}.${member}`)));
}

function membersOf(type: GraphQLNamedType): string[] {
  if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) return Object.keys(type.getFields());
  return isEnumType(type) ? type.getValues().map(({ name }) => name) : [];
}

/** The same of SDL. A scalar is left out: `scalar DateTime` only says that there is one. */
export function documentCoordinates({ definitions }: DocumentNode): string[] {
  return definitions.flatMap((definition) => {
    const members = 'fields' in definition ? definition.fields : 'values' in definition ? definition.values : undefined;
    if (members === undefined || !('name' in definition)) return [];
    return members.map(({ name }) => `${definition.name?.value}.${name.value}`);
  });
}
