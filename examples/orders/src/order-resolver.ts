import { GraphQLError } from 'graphql';
import { AppError, type GatewayContext, type ResolverClass, requireViewer } from 'menjin';
import { Arg, Authorized, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { OrderType, PlaceOrderInput, PlaceOrderPayload } from './order-types.js';
import type { Order, Orders } from './orders.js';

const MAX_LISTED = 100;

/** A class that knows its store by closure, so that every gateway, and every test, can have its own. */
export function orderResolver(orders: Orders): ResolverClass {
  @Authorized() // for every field below: a viewer, or UNAUTHENTICATED
  @Resolver()
  class OrderResolver {
    @Query(() => [OrderType], { description: `The viewer's own orders, the newest first; at most ${MAX_LISTED}.` })
    orders(@Ctx() context: GatewayContext): readonly Order[] {
      return orders.latestOf(requireViewer(context).user.id, MAX_LISTED);
    }

    @Authorized('ADMIN') // instead of the class's: this role, or FORBIDDEN
    @Query(() => [OrderType], { description: `Everybody's, the newest first; at most ${MAX_LISTED}. For ADMIN.` })
    allOrders(): readonly Order[] {
      return orders.latest(MAX_LISTED);
    }

    @Mutation(() => PlaceOrderPayload, {
      description: 'Errors: SOLD_OUT (`left` says how many there are), BAD_USER_INPUT.',
    })
    placeOrder(
      @Arg('input', () => PlaceOrderInput) { product, quantity }: PlaceOrderInput,
      @Ctx() context: GatewayContext,
    ): PlaceOrderPayload {
      const left = orders.stockOf(product);
      // menjin's codes are there for your own refusals, too; a code of your own needs no more than a GraphQLError.
      if (left === null) throw new AppError('BAD_USER_INPUT', { message: 'There is no such product.' });
      if (quantity < 1) throw new AppError('BAD_USER_INPUT', { message: 'quantity is 1 at least.' });
      if (quantity > left) throw new GraphQLError('Sold out.', { extensions: { code: 'SOLD_OUT', left } });
      return { order: orders.place(requireViewer(context).user.id, product, quantity) };
    }
  }
  return OrderResolver;
}
