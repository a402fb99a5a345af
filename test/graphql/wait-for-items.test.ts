import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

// A rejection that nobody handles fails the test that left it, and would end a process.

const typeDefs = `
  type Item { title: String! price: Int! parts: [Item!]! grid: [[Int!]!] }
  type Query { items: [Item!] later: [Item!] grid: [[Item!]] generated: [Item!] promised: [Item!]! good: [Item!]! }
`;
const failLater = async () => Promise.reject(new Error('later'));
const bad = () => [
  { title: failLater, price: 1 },
  { title: 'tea', price: null },
];

function* failing(): Generator<unknown> {
  yield { title: failLater, price: 1 };
  yield Promise.reject(new Error('one of them'));
  throw new Error('no more');
}

const resolvers = {
  Query: {
    items: bad,
    later: async () => bad(),
    grid: () => [bad(), Promise.resolve(bad()), null],
    generated: failing,
    promised: () => [failLater(), ...bad(), new Error('an item'), failLater()],
    good: () =>
      new Set([{ title: 'a', price: 1, parts: async () => [], grid: [[1], Promise.resolve([Promise.resolve(2)])] }]),
  },
};

let wechat: StandInWechat;
let gateway: TestGateway;

beforeAll(async () => {
  wechat = await startStandInWechat();
  gateway = await startTestGateway({ wechatApiUrl: wechat.url, own: { typeDefs, resolvers } });
});
afterAll(async () => {
  await gateway.close();
  await wechat.close();
});

test.each(['items', 'later', 'grid', 'generated'])(
  'a list of bad items is an error, and leaves no failure behind: %s',
  async (field) => {
    const { code, body } = await gateway.graphql(`{ ${field} { title price } }`);
    expect([code, body.data]).toEqual([
      'INTERNAL_SERVER_ERROR',
      { [field]: field === 'grid' ? [null, null, null] : null },
    ]);
  },
);

test('so does one that must be there', async () => {
  const { code, body } = await gateway.graphql('{ promised { title price } }');
  expect([code, body.data]).toEqual(['INTERNAL_SERVER_ERROR', null]);
});

test('good items are what they were', async () => {
  const { body } = await gateway.graphql('{ good { title price parts { title } grid } }');
  expect(body).toEqual({ data: { good: [{ title: 'a', price: 1, parts: [], grid: [[1], [2]] }] } });
});
