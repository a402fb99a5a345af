import {
  type DocumentNode,
  defaultFieldResolver,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { getFieldDef } from 'graphql/execution/execute.js';

type Field = GraphQLField<unknown, unknown>;
export type ResolverOf = (field: Field) => GraphQLFieldResolver<unknown, unknown> | undefined;
export type Variables = Readonly<Record<string, unknown>>;

/** A query of which is known beforehand which fields it has. */
export interface QueryPlan {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Record<string, FragmentDefinitionNode>;
  readonly root: GraphQLObjectType;
  readonly resolverOf: ResolverOf;
  /** null where which fields there are depends on variables. */
  readonly fields: readonly PlannedField[] | null;
}

export interface PlannedField {
  readonly name: string;
  readonly definition: Field;
  readonly nodes: readonly FieldNode[];
  readonly node: FieldNode;
  readonly resolve: GraphQLFieldResolver<unknown, unknown>;
  /** What objects are asked for in its place, by their type. */
  readonly inside: Map<GraphQLObjectType, readonly PlannedField[]>;
}

/** @param resolverOf the resolvers that run; a field without one has that of graphql-js */
export function planQuery(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  resolverOf: ResolverOf,
): QueryPlan {
  const root = schema.getQueryType();
  if (root == null) throw new Error('a schema without queries');
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments[each.name.value] = each;
  }
  const plan = { schema, operation, fragments, root, resolverOf };
  return { ...plan, fields: hasDirectives(document) ? null : rootFields({ ...plan, fields: null }, {}) };
}

/** What is asked of the root. */
export function rootFields(plan: QueryPlan, variables: Variables): PlannedField[] {
  const { schema, fragments, root, operation } = plan;
  return planned(plan, root, collectFields(schema, fragments, variables, root, operation.selectionSet));
}

/** What is asked of an object of this type, in the place of this field. */
export function fieldsInside(
  plan: QueryPlan,
  { inside, nodes }: PlannedField,
  type: GraphQLObjectType,
  variables: Variables,
): readonly PlannedField[] {
  const known = inside.get(type);
  if (known !== undefined) return known;
  const { schema, fragments } = plan;
  const fields = planned(plan, type, collectSubfields(schema, fragments, variables, type, nodes));
  inside.set(type, fields);
  return fields;
}

function planned(
  { schema, resolverOf }: QueryPlan,
  type: GraphQLObjectType,
  nodesByName: ReadonlyMap<string, readonly FieldNode[]>,
): PlannedField[] {
  const fields: PlannedField[] = [];
  for (const [name, nodes] of nodesByName) {
    const [node] = nodes;
    const definition = node === undefined ? undefined : getFieldDef(schema, type, node);
    if (node === undefined || definition == null) continue;
    const resolve = resolverOf(definition) ?? defaultFieldResolver;
    fields.push({ name, definition, nodes, node, resolve, inside: new Map() });
  }
  return fields;
}

function hasDirectives(document: DocumentNode): boolean {
  return JSON.stringify(document.definitions).includes('"kind":"Directive"');
}
