import type { ApolloServerPlugin } from '@apollo/server';
import {
  type DocumentNode,
  type GraphQLField,
  type GraphQLSchema,
  getVariableValues,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import type { RequestContext } from './context.js';
import { MAX_ERRORS } from './limits.js';
import { planQuery, type ResolverOf } from './query-plan.js';
import { runPlan } from './run-plan.js';
import type { TrustedDocuments } from './trusted-documents.js';

/** A query of which it is known what it takes: Apollo Server has answered it well before, or it is in a trusted document. */
export interface PreparedQuery {
  /** The body of the answer; null when there would be more in it than data: then Apollo Server answers. */
  run(context: RequestContext, variables: Readonly<Record<string, unknown>>): string | null | Promise<string | null>;
}

/** What a request asks, by its text or by the id of a trusted document. */
export interface QueryName {
  readonly query: string | null;
  readonly documentId: string | null;
  readonly operationName: string | null;
}

export interface PreparedQueries {
  find(asked: QueryName): PreparedQuery | null;
  /** Prepares what is asked more than once. */
  readonly plugin: ApolloServerPlugin<RequestContext>;
}

/** Each has some tens of KB. */
const MAX_QUERIES = 200;
const MAX_TEXT_LENGTH = 16 * 1024;

/** @param trusted are prepared at once, and for good */
export function createPreparedQueries(schema: GraphQLSchema, trusted: TrustedDocuments | null): PreparedQueries {
  const askedOnce = new Map<string, true>();
  const queries = new Map<string, PreparedQuery>();
  const resolverOf = resolversOf(schema);
  const trustedQueries = new Map<string, PreparedQuery>();
  for (const { text, document } of trusted?.documents ?? []) {
    const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
    for (const operation of operations) {
      if (operation.operation !== OperationTypeNode.QUERY) continue;
      const prepared = prepare(schema, document, operation, resolverOf);
      if (operations.length === 1) trustedQueries.set(keyOf(text, null), prepared);
      if (operation.name !== undefined) trustedQueries.set(keyOf(text, operation.name.value), prepared);
    }
  }

  function note(key: string, document: DocumentNode, operation: OperationDefinitionNode): void {
    if (trustedQueries.has(key) || queries.has(key)) return;
    if (askedOnce.delete(key)) putNewest(queries, key, prepare(schema, document, operation, resolverOf));
    else putNewest(askedOnce, key, true);
  }

  return {
    find: ({ query, documentId, operationName }) => {
      const text = documentId === null ? query : trusted?.textOf(documentId);
      if (text == null) return null;
      const key = keyOf(text, operationName);
      return trustedQueries.get(key) ?? queries.get(key) ?? null;
    },
    plugin: {
      requestDidStart: async () => ({
        willSendResponse: async ({ request, source, document, operation, errors }) => {
          if (errors !== undefined || source === undefined || source.length > MAX_TEXT_LENGTH) return;
          if (document === undefined || operation?.operation !== 'query') return;
          note(keyOf(source, request.operationName ?? null), document, operation);
        },
      }),
    },
  };
}

function putNewest<T>(entries: Map<string, T>, key: string, value: T): void {
  entries.set(key, value);
  if (entries.size <= MAX_QUERIES) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    return;
  }
}

/** No document begins with a digit, and a name that a client gives may be any text. */
function keyOf(text: string, operationName: string | null): string {
  return operationName === null ? text : `${operationName.length} ${operationName}${text}`;
}

function prepare(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  resolverOf: ResolverOf,
): PreparedQuery {
  const plan = planQuery(schema, document, operation, resolverOf);
  const { variableDefinitions: definitions = [] } = operation;
  const hasVariables = definitions.length > 0;
  return {
    run: (context, given) => {
      const { coerced } = hasVariables
        ? getVariableValues(schema, definitions, given, { maxErrors: MAX_ERRORS })
        : { coerced: {} };
      if (coerced === undefined) return null;
      const data = runPlan(plan, context, coerced);
      return data instanceof Promise ? data.then(bodyOf) : bodyOf(data);
    },
  };
}

function bodyOf(data: unknown): string | null {
  return data === null ? null : `${JSON.stringify({ data })}\n`;
}

/** As they are now: Apollo Server puts its own around them, for plugins, which see nothing of prepared queries. */
function resolversOf(schema: GraphQLSchema): ResolverOf {
  const resolvers = new Map<GraphQLField<unknown, unknown>, ReturnType<ResolverOf>>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) resolvers.set(field, field.resolve);
  }
  return (field) => (resolvers.has(field) ? resolvers.get(field) : field.resolve);
}
