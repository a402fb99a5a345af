import {
  defaultFieldResolver,
  type GraphQLOutputType,
  type GraphQLSchema,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { isIterable, isPromise } from '../lib/values.js';

/**
 * Where one item of a list fails at once, graphql-js 16 forgets those that are still to come, and a process whose promises
 * fail unheard ends: one query would do. Items that must not be null all come later, which it waits for as it should.
 * The change that mends it there is not in 16.15: https://github.com/graphql/graphql-js/pull/4643
 */
export function waitForItems(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (!hasNeededItems(field.type)) continue;
      const { resolve = defaultFieldResolver, type: returned } = field;
      field.resolve = (...asked) => withLaterItems(returned, resolve(...asked));
    }
  }
}

function hasNeededItems(type: GraphQLOutputType): boolean {
  if (isNonNullType(type)) return hasNeededItems(type.ofType);
  return isListType(type) && (isNonNullType(type.ofType) || hasNeededItems(type.ofType));
}

function withLaterItems(type: GraphQLOutputType, value: unknown): unknown {
  if (isPromise(value)) return value.then((settled) => withLaterItems(type, settled));
  if (isNonNullType(type)) return withLaterItems(type.ofType, value);
  if (!isListType(type) || !isIterable(value)) return value;
  const items: Promise<unknown>[] = [];
  try {
    for (const item of value) items.push(Promise.resolve(item).then((settled) => withLaterItems(type.ofType, settled)));
  } catch (error) {
    for (const item of items) item.catch(() => undefined);
    throw error;
  }
  return items;
}
