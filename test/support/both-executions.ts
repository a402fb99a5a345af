import { makeExecutableSchema } from '@graphql-tools/schema';
import { expect } from '@jest/globals';
import { execute, GraphQLScalarType, type GraphQLSchema, Kind, parse, validate } from 'graphql';
import { planQuery } from '../../src/graphql/query-plan.js';
import { runPlan } from '../../src/graphql/run-plan.js';

const typeDefs = `
  scalar Json
  scalar Spoken
  enum Colour { RED BLUE }
  interface Named { name: String }
  type Cat implements Named { name: String lives: Int! self: Cat! all: [Int!]! }
  type Dog implements Named { name: String }
  type Ghost implements Named { name: String }
  union Pet = Cat | Dog
`;

/** Serializes a value by calling it. */
const Spoken = new GraphQLScalarType({ name: 'Spoken', serialize: (value) => (value as () => unknown)() });

/** A schema in which `asked` is of this type, and a string beside it. */
export function schemaOf(type: string, asked: () => unknown, resolvers: object = {}): GraphQLSchema {
  return makeExecutableSchema({
    typeDefs: `${typeDefs} type Query { asked: ${type}, other: String }`,
    resolvers: { Spoken, Query: { asked, other: () => 'other' }, ...resolvers },
  });
}

/** A query, and what runs its plan: the data, or null where that would have come with an error. */
export function planOf(schema: GraphQLSchema, query: string) {
  const document = parse(query);
  expect(validate(schema, document)).toEqual([]);
  const [operation] = document.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation');
  const plan = planQuery(schema, document, operation, ({ resolve }) => resolve);
  return { document, run: async (context: unknown = {}) => runPlan(plan, context, {}) };
}

/** The text of the data, by graphql-js and twice by the same plan; null where graphql-js had an error. */
export async function expectSameData(schema: GraphQLSchema, query: string): Promise<string | null> {
  const { document, run } = planOf(schema, query);
  const { data, errors } = await execute({ schema, document, contextValue: {} });
  const text = errors === undefined ? JSON.stringify({ data }) : null;
  for (let time = 0; time < 2; time += 1) {
    const ran = await run().catch(() => null);
    expect(ran === null ? null : JSON.stringify({ data: ran })).toBe(text);
  }
  return text;
}

type Then = (fulfil: (value: unknown) => void, reject: (error: unknown) => void) => unknown;

/** Not all that have a `then` are promises. */
export function thenable(then: Then): object {
  return { then };
}

/** Works whenever somebody waits for it, as query builders do. */
export function waiting(work: () => Promise<unknown>): object {
  return thenable((...both) => work().then(...both));
}

export const later = async <T>(value: T): Promise<T> => value;
export const failLater = async (): Promise<never> => Promise.reject(new Error('later'));

export function fail(): never {
  throw new Error('at once');
}
