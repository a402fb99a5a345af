import 'menjin'; // before the first decorated class: it brings reflect-metadata
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { Order } from './orders.js';

@ObjectType('Order', { description: 'What somebody has ordered.' })
export class OrderType implements Order {
  @Field(() => ID)
  readonly id!: string;

  @Field(() => ID, { description: 'The `viewer.user.id` of whoever placed it.' })
  readonly customerId!: string;

  @Field(() => ID)
  readonly product!: string;

  @Field(() => Int)
  readonly quantity!: number;

  @Field(() => Date)
  readonly placedAt!: Date;
}

@InputType({ description: 'What to order. Who orders it is known from the token, never from an argument.' })
export class PlaceOrderInput {
  @Field(() => ID)
  readonly product!: string;

  @Field(() => Int, { description: 'At least 1.' })
  readonly quantity!: number;
}

@ObjectType({ description: 'The order has been placed.' })
export class PlaceOrderPayload {
  @Field(() => OrderType)
  readonly order!: Order;
}
