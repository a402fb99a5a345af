import { GraphQLError } from 'graphql';
import { AppError, type GatewayContext } from '../../src/index.js';

/** A schema with something of everything that GraphQL has, as a back-end developer could write it. */
export const typeDefs = `
  scalar Anything
  enum Colour { RED GREEN BLUE }
  interface Named { id: ID! name: String }
  type Shop implements Named {
    id: ID! name: String
    owner: Person  items(first: Int = 2, like: Wish): [Item!]!  open: Boolean  colour: Colour  founded: DateTime
    neighbour: Shop  method: Shop  promised: Person  promises: [Person]  extra: Anything
  }
  type Person implements Named { id: ID! name: String age: Int friends: [Person!] shops: [Shop]! }
  type Item { id: ID! title: String! price: Float colours: [Colour!] grid: [[Int]] seller: Named! }
  union Thing = Shop | Person | Item
  input Wish {
    colour: Colour = RED  min: Float = 0.5  max: Float  words: [String!]  not: Wish  at: DateTime  extra: Anything  sure: Boolean! = true
  }
  type Odd {
    error: String  coded: String  ours: String  rejected: String  thrown: String  returned: String
    gone: String  missing: String  required: String!  requiredLater: Int!  large: Int  endless: Float  noNumber: Float
    wrong: Colour  date: DateTime  noList: [Int]  list: [Int!]  promises: [Int]  nested: [[Int!]!]  iterated: [Int]
    odd: Odd  oddLater: Odd!  odds: [Odd!]  thing: Thing  named: Named  extra: Anything
  }
  type Query {
    shop: Shop!  shops(colour: Colour): [Shop!]!  person(id: ID = "1"): Person  named(id: ID!): Named  later: Named
    things: [Thing!]  odd: Odd  oddLater: Odd!
    echo(int: Int, float: Float, text: String = "text", flag: Boolean! = true, colour: Colour, list: [Int!], lists: [[String]], wish: Wish, at: DateTime, extra: Anything, id: ID): String!
    needs(wish: Wish!, ids: [ID!]!): String!
    who: String  state: String!  sought: String!
    count: Int!
  }
`;

export interface World {
  /** When it is stormy, each field of Odd does what it should not. */
  isStormy: boolean;
  /** How often `count` was asked; null where every answer must be the same. */
  count: number | null;
}

class NeighbouringShop {
  readonly id = 2;
  readonly name = null;
  readonly open = false;
  readonly colour = 7;
  readonly founded = new Date(0);
  get owner() {
    return PEOPLE[1];
  }
  /** Methods are fields, too. */
  method(this: NeighbouringShop, _args: unknown, { requestId }: GatewayContext) {
    return { ...SHOP, name: `${this.id} ${requestId}` };
  }
  items({ first }: { first: number }) {
    return ITEMS.slice(0, Math.max(first, 0));
  }
}

const PEOPLE: readonly Record<string, unknown>[] = [
  { __typename: 'Person', id: '1', name: '张三', age: 40, friends: () => Promise.resolve([PEOPLE[1]]), shops: [null] },
  { __typename: 'Person', id: 'no such', name: '"quoted"\u2028', age: null, friends: null, shops: () => [SHOP] },
];
const ITEMS: readonly Record<string, unknown>[] = [
  { title: 'cup', price: 1e21, colours: ['r', 7], grid: [[1, null], null, []], seller: () => SHOP },
  { title: 'tea', price: -0, colours: [], grid: new Set([new Set([1])]), seller: async () => PEOPLE[0] },
].map((item, id) => ({ __typename: 'Item', id, ...item }));
const SHOP: Record<string, unknown> = {
  __typename: 'Shop',
  id: '1',
  name: Promise.resolve('corner'),
  owner: async () => PEOPLE[0],
  open: true,
  colour: 'r',
  founded: new Date(Date.UTC(2020, 1, 29)),
  neighbour: new NeighbouringShop(),
  promised: Promise.resolve(PEOPLE[0]),
  promises: [Promise.resolve(PEOPLE[1]), null, PEOPLE[0]],
  extra: { key: [1, { __proto: null }], toString: 'mine' },
};

/** Tells a Date from its text, and what is absent from null. */
function tell(value: unknown): string {
  if (value instanceof Date) return `Date(${value.toISOString()})`;
  if (Array.isArray(value)) return `[${value.map(tell)}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? String(value);
  return `{${Object.entries(value).map(([name, each]) => `${name}:${tell(each)}`)}}`;
}

const fail = (error: unknown) => () => {
  throw error;
};

function* failing(): Generator<number> {
  yield 1;
  throw new Error('no more');
}

/** Of each field of Odd, what it gives in fair weather and in a storm. */
const WEATHER: Readonly<Record<string, readonly [fair: () => unknown, storm: () => unknown]>> = {
  error: [() => 'fine', fail(new Error('a sentence of ours'))],
  coded: [async () => 'fine', fail(new GraphQLError('Sold out.', { extensions: { code: 'SOLD_OUT', left: 0 } }))],
  ours: [() => 'fine', fail(new AppError('FORBIDDEN'))],
  rejected: [async () => 'fine', async () => Promise.reject(new AppError('RATE_LIMITED', { retryAfterSeconds: 3 }))],
  thrown: [() => 5, fail('a string')],
  returned: [() => true, () => new Error('returned')],
  gone: [() => null, () => null],
  missing: [() => undefined, async () => undefined],
  required: [() => 'here', () => null],
  requiredLater: [async () => 1, async () => undefined],
  large: [() => 2 ** 31 - 1, () => 2 ** 31],
  endless: [() => 1e308, () => Number.POSITIVE_INFINITY],
  noNumber: [() => '5.5', () => Number.NaN],
  wrong: [() => 'r', () => 'RED'],
  date: [() => new Date(0), () => 'no date'],
  noList: [() => [1], () => 'no list'],
  list: [() => [1, 2], async () => [1, null]],
  promises: [() => [Promise.resolve(1), 2], () => [Promise.reject(new Error('one of them')), Promise.resolve(2)]],
  nested: [async () => [[1], []], () => [[1, null], null]],
  iterated: [() => new Set([1, 2]).values(), async () => failing()],
  odd: [() => ({}), () => 'no object'],
  oddLater: [async () => ({}), async () => null],
  odds: [() => [{}, Promise.resolve({})], () => [new Error('one of them'), {}]],
  thing: [() => PEOPLE[0], async () => ({ __typename: 'Nothing' })],
  named: [async () => SHOP, async () => ({})],
  extra: [() => ({ any: [null] }), fail(undefined)],
};

export function resolversOf(world: World) {
  const odd = Object.entries(WEATHER).map(([name, [fair, storm]]) => [name, () => (world.isStormy ? storm() : fair())]);
  const named = (id: unknown) => [...PEOPLE, SHOP].find((each) => each.id === id) ?? null;
  return {
    Colour: { RED: 'r', GREEN: 7, BLUE: 'BLUE' },
    Thing: {
      __resolveType: ({ __typename }: { __typename: string }) =>
        world.isStormy ? Promise.resolve(__typename) : __typename,
    },
    Odd: Object.fromEntries(odd),
    Query: {
      shop: () => SHOP,
      shops: async (_: unknown, { colour }: { colour?: unknown }) =>
        [SHOP, new NeighbouringShop()].filter((shop) => colour == null || shop.colour === colour),
      person: (_: unknown, { id }: { id: unknown }) => PEOPLE.find((each) => each.id === id),
      named: (_: unknown, { id }: { id: unknown }) => named(id),
      later: async () => SHOP,
      things: () => [SHOP, ...PEOPLE, Promise.resolve(ITEMS[0])],
      odd: () => ({}),
      oddLater: async () => ({}),
      echo: (_: unknown, args: object) => tell(args),
      needs: async (_: unknown, args: object) => tell(args),
      who: (_: unknown, _args: unknown, { viewer }: GatewayContext) => viewer?.openid,
      state: (_: unknown, _args: unknown, { viewerState }: GatewayContext) => viewerState,
      sought: async (_: unknown, _args: unknown, { hasRole }: GatewayContext) => typeof hasRole,
      count: () => {
        if (world.count !== null) world.count += 1;
        return world.count ?? 0;
      },
    },
  };
}
