import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createTestGateway, type TestGateway } from 'menjin/testing';
import { createOrders } from '../src/orders.js';
import { shop } from '../src/shop.js';
import { AllOrdersDocument, OrdersDocument, PlaceOrderDocument } from './generated/graphql.js';

const MINUTE_MS = 60_000;
const aCup = { input: { product: 'cup', quantity: 1 } };

let gateway: TestGateway;
let adminIds: Set<string>;
let time: number;

beforeEach(async () => {
  adminIds = new Set();
  time = Date.parse('2026-01-01T08:00:00Z');
  const now = () => time;
  const orders = createOrders({ stock: { tea: 10, cup: 1 }, now });
  gateway = await createTestGateway({
    ...shop({ orders, adminIds }),
    now,
    config: { sessionIdleTtlMs: 30 * MINUTE_MS },
  });
});

afterEach(() => gateway.close());

test('everybody sees their own orders', async () => {
  const alice = await gateway.signInAs('alice');
  const bob = await gateway.signInAs('bob');
  const { data } = await alice.graphql(PlaceOrderDocument, { input: { product: 'tea', quantity: 2 } });
  assert.equal(data?.placeOrder.order.customerId, alice.viewer.user.id);
  await bob.graphql(PlaceOrderDocument, aCup);

  assert.deepEqual((await alice.graphql(OrdersDocument)).data?.orders, [
    { product: 'tea', quantity: 2, placedAt: '2026-01-01T08:00:00.000Z' },
  ]);
  assert.deepEqual(
    (await bob.graphql(OrdersDocument)).data?.orders.map(({ product }) => product),
    ['cup'],
  );
});

test('nobody orders, and nobody sees orders, without being signed in', async () => {
  assert.equal((await gateway.graphql(OrdersDocument)).code, 'UNAUTHENTICATED');
  const { status, code } = await gateway.graphql(PlaceOrderDocument, aCup);
  assert.deepEqual({ status, code }, { status: 401, code: 'UNAUTHENTICATED' });
});

test('a session ends when nobody used it for half an hour', async () => {
  const alice = await gateway.signInAs('alice');
  time += 30 * MINUTE_MS - 1;
  assert.equal((await alice.graphql(OrdersDocument)).code, null);
  time += 30 * MINUTE_MS;
  assert.equal((await alice.graphql(OrdersDocument)).code, 'UNAUTHENTICATED');
});

test('only an ADMIN sees the orders of all', async () => {
  const alice = await gateway.signInAs('alice');
  const bob = await gateway.signInAs('bob');
  await bob.graphql(PlaceOrderDocument, aCup);
  assert.equal((await alice.graphql(AllOrdersDocument)).code, 'FORBIDDEN');
  assert.equal((await gateway.graphql(AllOrdersDocument)).code, 'UNAUTHENTICATED');

  adminIds.add(alice.viewer.user.id);
  assert.deepEqual((await alice.graphql(AllOrdersDocument)).data?.allOrders, [
    { customerId: bob.viewer.user.id, product: 'cup' },
  ]);
});

test('what is sold out cannot be ordered', async () => {
  const alice = await gateway.signInAs('alice');
  await alice.graphql(PlaceOrderDocument, aCup);
  const { code, errors } = await alice.graphql(PlaceOrderDocument, aCup);
  assert.equal(code, 'SOLD_OUT');
  assert.equal(errors[0]?.extensions?.left, 0);
});

test('an order that makes no sense is BAD_USER_INPUT', async () => {
  const alice = await gateway.signInAs('alice');
  const { code } = await alice.graphql(PlaceOrderDocument, { input: { product: 'moon', quantity: 1 } });
  assert.equal(code, 'BAD_USER_INPUT');
  const { status } = await alice.graphql(PlaceOrderDocument, { input: { product: 'tea', quantity: 0 } });
  assert.equal(status, 400);
  // @ts-expect-error The variables have types: this line would not compile.
  const unwise = await alice.graphql(PlaceOrderDocument, { input: { product: 'tea', quantity: 'two' } });
  assert.equal(unwise.code, 'BAD_USER_INPUT');
});
