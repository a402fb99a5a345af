import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execute, type GraphQLResolveInfo } from 'graphql';
import {
  expectSameData,
  fail,
  failLater,
  later,
  planOf,
  schemaOf,
  thenable,
  waiting,
} from '../support/both-executions.js';
import { deferred } from '../support/faults.js';

// A rejection that nobody handles fails the test that left it, and would end a process.

const nothing = () => undefined;

function* some(...items: unknown[]) {
  yield* items;
}
function* failing(...items: unknown[]): Generator<unknown> {
  yield* items;
  throw new Error('no more');
}

type Row = readonly [what: string, type: string, value: () => unknown, isGood?: boolean];

function expectRows(rows: readonly Row[], inside = '', resolvers: object = {}): void {
  test.each(rows)('%s', async (_what, type, value, isGood = true) => {
    const text = await expectSameData(
      schemaOf(type, value, resolvers),
      `{ before: other asked${inside} after: other }`,
    );
    expect(text !== null).toBe(isGood);
  });
}

describe('a value is completed as graphql-js completes it', () => {
  expectRows([
    ['a promise of a promise', 'Int', () => later(later(1))],
    ['a thenable that is there', 'Int', () => thenable((fulfil) => fulfil(1))],
    ['a query that runs when it is waited for', 'Int!', () => waiting(() => later(1))],
    ['a query that fails when it is waited for', 'Int!', () => waiting(failLater), false],
    ['a query in a query', 'Int', () => waiting(() => later(waiting(() => later(1))))],
    ['a thenable of a thenable', 'Int', () => thenable((fulfil) => fulfil(thenable((inner) => inner(1)))), false],
    ['a thenable that leads to a promise', 'Int', () => thenable((fulfil) => later(1).then(fulfil))],
    ['a thenable that gives back a promise', 'Int!', () => thenable((fulfil) => later(2).then(fulfil))],
    ['a thenable that gives back nothing and never comes', 'Int', () => thenable(nothing)],
    ['a thenable that throws', 'Int', () => thenable(fail), false],
    ['a promise that fails', 'Int', failLater, false],
    ['a promise of an error', 'Int', () => later(new Error('of a promise')), false],
    ['a getter that throws in place of then', 'Int', () => Object.defineProperty({}, 'then', { get: fail }), false],
    ['a function', 'Int', () => nothing, false],
    ['a boxed number', 'Int', () => Object(1)],
    ['what has a value', 'String', () => ({ valueOf: () => 'worth' })],
    ['what has only a text', 'String', () => ({ toString: () => 'text' }), false],
    ['a big number', 'Int', () => 1n, false],
    ['a symbol', 'String', () => Symbol('s'), false],
    ['no enum value', 'Colour', () => ({}), false],
    ['nothing', 'Int', nothing],
    ['a promise of nothing', 'Int', () => later(undefined)],
    ['nothing where something must be', 'Int!', () => later(undefined), false],
  ]);
});

describe('a list is completed as graphql-js completes it', () => {
  expectRows([
    ['a set', '[Int]', () => new Set([1, later(2), null])],
    ['a map', '[[Int]]', () => new Map([[1, later(2)]])],
    ['numbers in bytes', '[Int!]!', () => new Uint8Array([1, 2])],
    [
      'a generator',
      '[Int]',
      () =>
        some(
          1,
          later(2),
          thenable((fulfil) => fulfil(3)),
        ),
    ],
    ['a promise of promises of lists of promises', '[[[Int!]!]!]!', () => later([later([later([later(1), 2])])])],
    ['holes', '[Int]', () => Array(2)],
    ['holes where something must be', '[Int!]', () => Array(2), false],
    ['one that fails behind others', '[Int]', () => failing(1, later(2)), false],
    [
      'one that comes in pieces',
      '[Int]',
      async function* pieces() {
        yield 1;
      },
      false,
    ],
    ['a text', '[String]', () => 'text', false],
    ['what has a length', '[Int]', () => ({ length: 1, 0: 1 }), false],
    ['a function', '[Int]', () => Object.assign(nothing, { [Symbol.iterator]: () => some(1) }), false],
    ['errors among others', '[Int]', () => [1, new Error('one of them'), later(3)], false],
    ['promises that fail among others', '[Int!]', () => [failLater(), later(2), failLater()], false],
    ['a thenable that gives back nothing', '[Int]', () => [1, thenable(nothing), 3]],
    ['a list in place of an item', '[Int]', () => [[1]], false],
    ['nothing in a list of lists', '[[Int]!]', () => [[1], later(null)], false],
    ['none', '[Int!]!', () => []],
  ]);
});

describe('a scalar of somebody is serialized as graphql-js does', () => {
  expectRows([
    ['what throws', 'Spoken', () => fail, false],
    [
      'what throws nothing',
      'Spoken',
      () => () => {
        throw undefined;
      },
      false,
    ],
    ['what becomes nothing', 'Spoken', () => nothing, false],
    ['what becomes a promise', 'Spoken', () => () => later('promised')],
    ['what becomes a promise that fails', 'Spoken!', () => failLater, false],
    ['what becomes a promise, in a list', '[Spoken!]!', () => [() => later(1), () => 2]],
    ['what has a text for JSON', 'Json', () => ({ toJSON: () => ({ told: true }) })],
    ['what has keys of the prototype', 'Json', () => JSON.parse('{"__proto__":{"a":1},"constructor":2}')],
    ['what has nothing and holes', 'Json', () => ({ a: undefined, b: [...Array(1), nothing], c: Number.NaN, d: -0 })],
    ['what is an error in disguise', 'Json', () => ({ error: new Error('inside') })],
  ]);
});

describe('of what type an object is, is found out as graphql-js does', () => {
  const cat = { name: 'Tom', lives: 9 };
  const typed = (resolveType: () => unknown) => ({ Named: { __resolveType: resolveType } });
  const rows: [what: string, resolvers: object, isGood: boolean][] = [
    ['its name', typed(() => 'Cat'), true],
    ['a promise of its name', typed(() => later('Cat')), true],
    ['a thenable of its name', typed(() => thenable((fulfil) => fulfil('Cat'))), true],
    ['no name', typed(nothing), false],
    ['a name of nothing', typed(() => 'Cow'), false],
    ['a name of another kind', typed(() => 'Colour'), false],
    ['a name of another type', typed(() => 'Query'), false],
    ['no text', typed(() => ({ name: 'Cat' })), false],
    ['an error', typed(fail), false],
    ['a promise that fails', typed(failLater), false],
    ['the first that says so', { Cat: { __isTypeOf: () => true }, Dog: { __isTypeOf: () => true } }, true],
    ['the one that says so later', { Cat: { __isTypeOf: () => later(true) }, Dog: { __isTypeOf: () => false } }, true],
    ['one that says so, one that fails', { Dog: { __isTypeOf: failLater }, Ghost: { __isTypeOf: () => true } }, true],
    [
      'one that fails, one that says so later',
      { Cat: { __isTypeOf: failLater }, Dog: { __isTypeOf: () => later(true) } },
      false,
    ],
    ['one that throws behind one that fails', { Cat: { __isTypeOf: failLater }, Dog: { __isTypeOf: fail } }, false],
    ['none that says so', { Cat: { __isTypeOf: () => false } }, false],
    ['a name, denied by the type itself', { ...typed(() => 'Cat'), Cat: { __isTypeOf: () => false } }, false],
    ['a name, denied later', { ...typed(() => 'Cat'), Cat: { __isTypeOf: () => later(0) } }, false],
    ['a name, confirmed later', { ...typed(() => 'Cat'), Cat: { __isTypeOf: () => later(1) } }, true],
    ['a name, and the type fails', { ...typed(() => 'Cat'), Cat: { __isTypeOf: failLater } }, false],
  ];
  const QUERY = '{ asked { __typename name ... on Cat { lives } ...Inside } } fragment Inside on Named { again: name }';
  test.each(rows)('%s', async (_what, resolvers, isGood) => {
    for (const [type, value] of [
      ['Named', () => cat],
      ['[Named]', () => some(cat, later(cat))],
      ['[Named!]!', () => some(later(cat), later(cat))],
    ] as const) {
      const text = await expectSameData(schemaOf(type, value, resolvers), QUERY);
      expect(text !== null).toBe(isGood);
    }
  });

  test.each([
    ['its own name', { __typename: 'Dog', name: 'Rex' }, true],
    ['a name that is no text', { __typename: 5 }, false],
    ['a promise of its name', { __typename: later('Dog') }, false],
  ])('a union: %s', async (_what, value, isGood) => {
    const query = '{ asked { ... on Named { name } __typename } }';
    const schema = schemaOf('[Pet!]', () => [value]);
    expect((await expectSameData(schema, query)) !== null).toBe(isGood);
  });
});

describe('fields have the values that graphql-js finds', () => {
  class Tom {
    readonly #name = 'Tom';
    get name() {
      return this.#name;
    }
    lives() {
      return this.#name.length;
    }
    async self() {
      return this;
    }
  }
  const rows: [what: string, value: () => unknown, isGood: boolean][] = [
    ['getters, methods and private fields', () => new Tom(), true],
    ['a function with properties', () => Object.assign(() => 0, { lives: 1, self: new Tom() }), true],
    ['an object of no prototype', () => Object.assign(Object.create(null), { lives: 1, self: new Tom() }), true],
    [
      'a proxy',
      () => new Proxy(new Tom(), { get: (tom, key) => (key === 'lives' ? 3 : Reflect.get(tom, key, tom)) }),
      true,
    ],
    ['a getter that throws', () => Object.defineProperty(new Tom(), 'name', { get: fail }), false],
    ['a number', () => 5, false],
  ];
  test.each(rows)('%s', async (_what, value, isGood) => {
    const query = '{ asked { then: name lives self { lives self { __proto__: lives constructor: name } } } }';
    const resolvers = { Cat: { lives: ({ lives }: { lives?: unknown }) => (typeof lives === 'function' ? 4 : lives) } };
    expect((await expectSameData(schemaOf('Cat', value), query)) !== null).toBe(isGood);
    expect((await expectSameData(schemaOf('Cat', value, resolvers), query)) !== null).toBe(isGood);
  });

  test('a query that runs whenever it is waited for runs once', async () => {
    let ran = 0;
    const count = async () => {
      ran += 1;
      return ran;
    };
    const schema = schemaOf('[Cat!]', () => [{ lives: () => waiting(count) }, waiting(async () => ({ lives: 0 }))]);
    expect(await planOf(schema, '{ asked { lives } }').run()).toEqual({ asked: [{ lives: 1 }, { lives: 0 }] });
    expect(ran).toBe(1);
  });

  test('a name under which there would be a function to call is no promise', async () => {
    expect(
      await expectSameData(
        schemaOf('[Json]', () => [() => 1]),
        '{ then: asked }',
      ),
    ).toBe('{"data":{"then":[null]}}');
  });
});

describe('a resolver is told what graphql-js tells it', () => {
  test('all that there is to know', async () => {
    const told: unknown[][] = [];
    const listen = (...all: unknown[]) => void told.push(all);
    const schema = schemaOf('[[Cat!]]', () => [[{}], [{}]], { Cat: { name: listen } });
    const { document, run } = planOf(
      schema,
      '{ asked { called: name } ...F } fragment F on Query { asked { called: name } }',
    );
    await execute({ schema, document, contextValue: 'context' });
    const expected = told.splice(0);
    for (let time = 0; time < 2; time += 1) {
      await run('context');
      expect(told).toHaveLength(2);
      expect(told).toEqual(expected);
      const keys = (all: unknown[]) => Object.keys(all[3] as GraphQLResolveInfo);
      expect(told.splice(0).map(keys)).toEqual(expected.map(keys));
    }
  });

  test('nodes that are its request’s: what is kept by them is not for the next', async () => {
    const seen = new Map<unknown, number>();
    const note = (_source: unknown, _args: unknown, _context: unknown, { fieldNodes }: GraphQLResolveInfo) => {
      seen.set(fieldNodes, (seen.get(fieldNodes) ?? 0) + 1);
    };
    const schema = schemaOf('[Cat]', () => [{}, later({}), {}], { Cat: { name: note } });
    const { run } = planOf(schema, '{ asked { name } }');
    await Promise.all([run(), run()]);
    await run();
    expect([...seen.values()]).toEqual([3, 3, 3]);
  });
});

describe('an answer with an error', () => {
  let released = deferred<void>();
  beforeEach(() => {
    released = deferred<void>();
  });
  afterEach(() => released.resolve());

  test.each([
    ['at once', { lives: fail }, ['{ asked { lives self { name } } }']],
    ['later', { lives: failLater }, ['{ asked { lives self { name } } }', '{ asked { self { name } lives } }']],
    ['in a list', { all: () => [failLater()] }, ['{ asked { all self { name } } }', '{ asked { self { name } all } }']],
  ])('does not wait for what graphql-js does not wait for: %s', async (_when, failing, queries) => {
    const schema = schemaOf('Cat!', () => ({ ...failing, self: () => released.promise }));
    for (const query of queries) {
      const { document, run } = planOf(schema, query);
      expect(await execute({ schema, document })).toMatchObject({ data: null });
      expect(await run()).toBeNull();
    }
  });

  test('leaves no failure behind that nobody has asked for yet', async () => {
    const schema = schemaOf('Cat', () => ({ lives: fail, name: failLater(), all: [failLater(), failLater()] }));
    expect(await planOf(schema, '{ asked { lives name all } }').run()).toBeNull();
    expect(await planOf(schema, '{ asked { all name lives } }').run()).toBeNull();
  });

  test('leaves no failure behind, however many there are', async () => {
    const cat = () => ({ name: failLater, lives: fail, self: async () => ({ lives: failLater, self: failLater }) });
    const schema = schemaOf('[Cat!]!', () => [cat(), new Error('one of them'), later(cat()), failLater()]);
    const { run } = planOf(schema, '{ asked { name lives self { lives self { name } } } }');
    for (let time = 0; time < 3; time += 1) expect(await run()).toBeNull();
  });
});
