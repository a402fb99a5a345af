/* eslint-disable */
import * as types from './graphql.js';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "query Orders {\n  orders {\n    product\n    quantity\n    placedAt\n  }\n}\n\nquery AllOrders {\n  allOrders {\n    customerId\n    product\n  }\n}\n\nmutation PlaceOrder($input: PlaceOrderInput!) {\n  placeOrder(input: $input) {\n    order {\n      id\n      customerId\n      product\n      quantity\n    }\n  }\n}": typeof types.OrdersDocument,
};
const documents: Documents = {
    "query Orders {\n  orders {\n    product\n    quantity\n    placedAt\n  }\n}\n\nquery AllOrders {\n  allOrders {\n    customerId\n    product\n  }\n}\n\nmutation PlaceOrder($input: PlaceOrderInput!) {\n  placeOrder(input: $input) {\n    order {\n      id\n      customerId\n      product\n      quantity\n    }\n  }\n}": types.OrdersDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query Orders {\n  orders {\n    product\n    quantity\n    placedAt\n  }\n}\n\nquery AllOrders {\n  allOrders {\n    customerId\n    product\n  }\n}\n\nmutation PlaceOrder($input: PlaceOrderInput!) {\n  placeOrder(input: $input) {\n    order {\n      id\n      customerId\n      product\n      quantity\n    }\n  }\n}"): typeof import('./graphql.js').OrdersDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
