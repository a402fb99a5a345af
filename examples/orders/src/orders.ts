import { randomUUID } from 'node:crypto';

export interface Order {
  readonly id: string;
  /** Whose it is: `viewer.user.id`. An openid would be another one in every mini-program. */
  readonly customerId: string;
  readonly product: string;
  readonly quantity: number;
  readonly placedAt: Date;
}

export interface Orders {
  /** How many can still be ordered; null for what the shop does not have. */
  stockOf(product: string): number | null;
  place(customerId: string, product: string, quantity: number): Order;
  /** The newest first. */
  latest(limit: number): readonly Order[];
  latestOf(customerId: string, limit: number): readonly Order[];
}

export interface OrdersOptions {
  readonly stock?: Readonly<Record<string, number>>;
  /** In ms since 1970. */
  readonly now?: () => number;
}

/** Orders until the process ends: a table of your database stands here. There are never more than the stock allows. */
export function createOrders({ stock = { tea: 100, cup: 5 }, now = Date.now }: OrdersOptions = {}): Orders {
  const left = new Map(Object.entries(stock));
  const placed: Order[] = [];

  return {
    stockOf: (product) => left.get(product) ?? null,
    place(customerId, product, quantity) {
      const order = { id: randomUUID(), customerId, product, quantity, placedAt: new Date(now()) };
      left.set(product, (left.get(product) ?? 0) - quantity);
      placed.unshift(order);
      return order;
    },
    latest: (limit) => placed.slice(0, limit),
    latestOf: (customerId, limit) => placed.filter((order) => order.customerId === customerId).slice(0, limit),
  };
}
