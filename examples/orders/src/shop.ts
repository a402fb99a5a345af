import type { GatewayOptions } from 'menjin';
import { orderResolver } from './order-resolver.js';
import { createOrders, type Orders } from './orders.js';

export interface ShopParts {
  readonly orders?: Orders;
  /** The `user.id` of everybody who is ADMIN. */
  readonly adminIds?: ReadonlySet<string>;
}

/** What menjin is told of the shop: by the server, by its tests, and by what prints the schema. */
export function shop({ orders = createOrders(), adminIds = new Set() }: ShopParts = {}): GatewayOptions {
  return {
    resolvers: [orderResolver(orders)],
    roles: ({ user }) => (adminIds.has(user.id) ? ['ADMIN'] : []),
  };
}
