import { makeExecutableSchema } from '@graphql-tools/schema';
import { describe, expect, test } from '@jest/globals';
import { GraphQLScalarType, graphql, parse } from 'graphql';
import { Query, Resolver } from 'type-graphql';
import type { OwnSchema } from '../../src/graphql/own-schema.js';
import { buildGatewaySchema, printGatewaySchema } from '../../src/graphql/schema.js';

const MENJINS = printGatewaySchema();
const ownDateTime = new GraphQLScalarType({ name: 'DateTime', serialize: () => 'mine' });

function refusalOf(own: unknown): { name: string; message: string } {
  try {
    buildGatewaySchema(own as OwnSchema);
  } catch (error) {
    return error as Error;
  }
  return { name: 'nothing', message: 'was refused' };
}

@Resolver()
class Greeter {
  @Query(() => String)
  greeting(): string {
    return 'hello';
  }
}

describe('the merged schema', () => {
  const typeDefs = `
    scalar DateTime
    scalar Money
    enum Colour { RED GREEN }
    type Order { at: DateTime!, price: Money!, colour: Colour! }
    type Query { order: Order! }
    extend type Query { colour(of: Colour): Int }
    extend type User { orders: [Order!]! }
    extend type Viewer { nickname: String }
    extend enum Platform { ALIPAY }
    type Mutation { buy: Boolean! }
  `;
  const resolvers = {
    Query: {
      order: () => ({ at: new Date(0), price: 1250, colour: 2 }),
      colour: (_source: unknown, { of }: { of?: number }) => of ?? null,
    },
    Colour: { RED: 1, GREEN: 2 },
    Money: new GraphQLScalarType({ name: 'Money', serialize: (cents) => `¥${Number(cents) / 100}` }),
  };

  test('has everything of menjin, word by word, and what was added', () => {
    const printed = printGatewaySchema({ typeDefs, resolvers });
    const isOfRoot = (line: string) => line.startsWith('"""What can be');
    expect(MENJINS.split('\n').filter((line) => !isOfRoot(line) && !printed.includes(line))).toEqual([]);
    expect(printed).toContain('nickname: String\n');
    expect(printed.match(/^scalar DateTime$/gm)).toHaveLength(1);
    expect(printed).toMatch(/^"""[^"]+ `date-time` format[^"]+\n"""\nscalar DateTime$/m);
  });

  test('serves enums and scalars of the map, and gives `scalar DateTime` the meaning of menjin', async () => {
    const schema = buildGatewaySchema({ typeDefs, resolvers });
    const { data, errors } = await graphql({ schema, source: '{ order { at price colour } colour(of: RED) }' });
    expect(errors).toBeUndefined();
    expect(JSON.parse(JSON.stringify(data))).toEqual({
      order: { at: '1970-01-01T00:00:00.000Z', price: '¥12.5', colour: 'GREEN' },
      colour: 1,
    });
  });

  test('is the same from a document', () => {
    expect(printGatewaySchema({ typeDefs: parse(typeDefs), resolvers })).toBe(
      printGatewaySchema({ typeDefs, resolvers }),
    );
  });

  test('takes an executable schema, whose DateTime becomes that of menjin', async () => {
    const schema = makeExecutableSchema({
      typeDefs:
        '"of a shop" type Shop { opens: DateTime! } scalar DateTime type Query { shop: Shop! } type Viewer { points: Int! }',
      resolvers: { DateTime: ownDateTime, Query: { shop: () => ({ opens: new Date(0) }) } },
    });
    const merged = buildGatewaySchema({ schema });
    const { data, errors } = await graphql({ schema: merged, source: '{ shop { opens } }' });
    expect(errors).toBeUndefined();
    expect(JSON.parse(JSON.stringify(data))).toEqual({ shop: { opens: '1970-01-01T00:00:00.000Z' } });
    expect(printGatewaySchema({ schema })).toContain('points: Int!');
    expect(printGatewaySchema({ schema })).toContain('"""of a shop"""\ntype Shop');
  });

  test('takes a schema, SDL and resolver classes together', async () => {
    const schema = makeExecutableSchema({
      typeDefs: 'type Query { shop: String }',
      resolvers: { Query: { shop: () => 'open' } },
    });
    const merged = buildGatewaySchema({ schema, typeDefs: 'type Query { plain: Int }', resolvers: [Greeter] });
    const rootValue = { plain: 5 };
    const { data } = await graphql({ schema: merged, rootValue, source: '{ shop plain greeting }' });
    expect(JSON.parse(JSON.stringify(data))).toEqual({ shop: 'open', plain: 5, greeting: 'hello' });
  });

  test('takes a schema and SDL with a map, and the fields of each know the types of the other', async () => {
    const schema = makeExecutableSchema({
      typeDefs: 'type Shop { name: String! } type Query { shop: Shop! }',
      resolvers: { Query: { shop: () => ({ name: 'corner' }) } },
    });
    const merged = buildGatewaySchema({
      schema,
      typeDefs: 'extend type Shop { open: Boolean! } type Query { shops: [Shop!]! }',
      resolvers: { Shop: { open: () => true }, Query: { shops: () => [{ name: 'other' }] } },
    });
    const { data, errors } = await graphql({ schema: merged, source: '{ shop { name open } shops { name open } }' });
    expect(errors).toBeUndefined();
    expect(JSON.parse(JSON.stringify(data))).toEqual({
      shop: { name: 'corner', open: true },
      shops: [{ name: 'other', open: true }],
    });
  });

  test('lets a type of menjin implement an interface of somebody', () => {
    const printed = printGatewaySchema({
      typeDefs: 'interface Node { id: ID! } extend type User implements Node type Query { node: Node }',
      resolvers: { Node: { __resolveType: () => 'User' } },
    });
    expect(printed).toContain('type User implements Node {');
  });

  test('menjin alone is what it was, whatever was merged before', () => {
    printGatewaySchema({ typeDefs, resolvers });
    expect(printGatewaySchema()).toBe(MENJINS);
  });
});

describe("what is menjin's own", () => {
  const sdl = (typeDefs: string, resolvers = {}) => ({ typeDefs, resolvers });
  const schema = (typeDefs: string) => ({ schema: makeExecutableSchema({ typeDefs }) });
  const redefinitions: [how: string, own: unknown, named: string][] = [
    ['a query by SDL', sdl('type Query { viewer: String }'), 'Query.viewer'],
    ['a query by an extension', sdl('extend type Query { viewer: Viewer }'), 'Query.viewer'],
    ['a mutation by SDL', sdl('type Mutation { login: String }'), 'Mutation.login'],
    ['a field by SDL', sdl('type User { id: ID! }'), 'User.id'],
    ['a field of an input by SDL', sdl('input LoginInput { code: String }'), 'LoginInput.code'],
    ['a value by SDL', sdl('enum Platform { WECHAT }'), 'Platform.WECHAT'],
    ['a field by a document', { typeDefs: parse('type User { id: ID! }') }, 'User.id'],
    ['a query by a schema', schema('type Query { viewer: String }'), 'Query.viewer'],
    ['a field by a schema', schema('type Query { a: User } type User { id: ID! }'), 'User.id'],
    ['a value by a schema', schema('type Query { a: Platform } enum Platform { WECHAT }'), 'Platform.WECHAT'],
    ['a query by the map', sdl('type Query { a: Int }', { Query: { viewer: () => null } }), 'Query.viewer'],
    ['a field by the map', sdl('type Query { a: Int }', { Viewer: { openid: () => 'x' } }), 'Viewer.openid'],
    ['a value by the map', sdl('type Query { a: Int }', { Platform: { WECHAT: 1 } }), 'Platform.WECHAT'],
    ['a scalar by the map', sdl('scalar DateTime', { DateTime: ownDateTime }), 'DateTime'],
    [
      'a scalar by methods in the map',
      sdl('scalar DateTime', { DateTime: { serialize: () => 'mine', parseValue: () => 'mine' } }),
      'DateTime',
    ],
    [
      'what a type is by the map',
      sdl('type Query { a: Int }', { Viewer: { __isTypeOf: () => false } }),
      'Viewer.__isTypeOf',
    ],
    ['several at once', sdl('type Query { viewer: Int } type User { id: ID }'), 'Query.viewer, User.id'],
  ];
  test.each(redefinitions)('is not redefined: %s', (_, own, named) => {
    const { name, message } = refusalOf(own);
    expect([name, message]).toEqual(['TypeError', expect.stringContaining(`${named}: that is menjin's own`)]);
    expect(message).not.toContain('\n');
  });

  const changes: [how: string, own: unknown, said: string][] = [
    ['an input field that is required', sdl('extend input LoginInput { shop: ID! }'), 'LoginInput'],
    ['a type of another kind', sdl('enum Session { A } type Query { a: Int }'), 'Session'],
    ['a type of another kind by a schema', schema('enum Session { A } type Query { a: Session }'), 'Session'],
    [
      'another root type by SDL',
      sdl('schema { query: Root } type Root { a: Int }'),
      'The root types must be called Query and Mutation',
    ],
    [
      'another root type by a schema',
      schema('schema { query: Root } type Root { a: Int }'),
      'The root types must be called Query and Mutation',
    ],
  ];
  test.each(changes)('is not changed: %s', (_, own, said) => {
    const { message } = refusalOf(own);
    expect(message).toContain(said);
    expect(message).not.toContain('\n');
  });
});

describe('options that do not go together are a TypeError with one sentence', () => {
  const map = { Query: { a: () => 1 } };
  const rows: [what: string, own: unknown, said: string][] = [
    ['a map without typeDefs', { resolvers: map }, 'resolvers is a map, which goes with typeDefs'],
    ['a list of objects', { resolvers: [{}] }, 'resolvers must be a list of resolver classes'],
    ['a list of instances', { resolvers: [new Greeter()] }, 'resolvers must be a list of resolver classes'],
    ['a list of modules', { resolvers: ['./greeter.js'] }, 'resolvers must be a list of resolver classes'],
    ['a text', { resolvers: './*.js', typeDefs: 'type Query { a: Int }' }, 'resolvers must be'],
    ['a class that type-graphql does not know', { resolvers: [class Plain {}] }, 'Plain'],
    ['typeDefs in a list', { typeDefs: ['type Query { a: Int }'] }, 'typeDefs must be'],
    ['a schema that is SDL', { schema: 'type Query { a: Int }' }, 'schema must be'],
  ];
  test.each(rows)('%s', (_, own, said) => {
    const { name, message } = refusalOf(own);
    expect([name, message]).toEqual(['TypeError', expect.stringContaining(said)]);
    expect(message).not.toContain('\n');
  });

  const wrong: [what: string, own: unknown, said: RegExp][] = [
    ['SDL that is none', { typeDefs: 'type Query {' }, /Syntax Error/],
    ['SDL with a type that nobody has', { typeDefs: 'type Query { a: Nowhere }' }, /Nowhere/],
    ['a resolver of no field', { typeDefs: 'type Query { a: Int }', resolvers: { Query: { b: () => 1 } } }, /Query\.b/],
    ['a resolver of no type', { typeDefs: 'type Query { a: Int }', resolvers: { Order: { b: () => 1 } } }, /Order/],
  ];
  test.each(wrong)('%s is said by name', (_, own, said) => {
    expect(refusalOf(own).message).toMatch(said);
  });
});
