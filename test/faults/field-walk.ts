import {
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';

/** An operation for every field of the roots, which asks for all that can be asked below it, with as few arguments as will do. */
export function operationsOf(schema: GraphQLSchema, code: string): string[] {
  const roots = [schema.getQueryType(), schema.getMutationType()].filter(isObjectType);
  return roots.flatMap((root) =>
    Object.keys(root.getFields()).map((name) => `${root.name.toLowerCase()} { ${fieldText(root, name, code, [])} }`),
  );
}

function fieldText(type: GraphQLObjectType, name: string, code: string, above: readonly string[]): string {
  const field = type.getFields()[name];
  if (field === undefined) throw new Error(`${type.name} has no ${name}`);
  const args = field.args
    .filter(isRequiredArgument)
    .map((argument) => `${argument.name}: ${valueText(argument.name, argument.type, code)}`);
  const below = getNamedType(field.type);
  return `${name}${args.length === 0 ? '' : `(${args.join(', ')})`}${selectionText(below, code, [...above, type.name])}`;
}

/** A type that contains itself is entered once. */
function selectionText(type: GraphQLOutputType, code: string, above: readonly string[]): string {
  if (!isObjectType(type)) return '';
  const names = Object.entries(type.getFields())
    .filter(([, field]) => !above.includes(getNamedType(field.type).name))
    .map(([name]) => fieldText(type, name, code, above));
  return ` { ${names.join(' ')} }`;
}

function valueText(name: string, type: GraphQLInputType, code: string): string {
  const named = getNamedType(type);
  if (isInputObjectType(named)) {
    const fields = Object.values(named.getFields()).filter(isRequiredInputField);
    return `{ ${fields.map((field) => `${field.name}: ${valueText(field.name, field.type, code)}`).join(', ')} }`;
  }
  if (isEnumType(named)) return named.getValues()[0]?.name ?? 'null';
  if (['Int', 'Float'].includes(named.name)) return '1';
  if (named.name === 'Boolean') return 'true';
  return JSON.stringify(name === 'code' ? code : 'x');
}

/** `Type.field` of everything in an answer that is not null. */
export function answeredFields(schema: GraphQLSchema, root: string, data: unknown): string[] {
  const type = schema.getType(root);
  if (!isObjectType(type) || typeof data !== 'object' || data === null) return [];
  return Object.entries(data)
    .filter(([, value]) => value !== null)
    .flatMap(([name, value]) => {
      const below = getNamedType(type.getFields()[name]?.type)?.name ?? '';
      return [`${root}.${name}`, ...[value].flat().flatMap((each) => answeredFields(schema, below, each))];
    });
}
