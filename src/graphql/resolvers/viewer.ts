import { Ctx, Query, Resolver } from 'type-graphql';
import type { Viewer } from '../../auth/viewer.js';
import { RequestContext } from '../context.js';
import { ViewerType } from '../types/viewer.js';

@Resolver()
export class ViewerResolver {
  @Query(() => ViewerType, {
    nullable: true,
    description:
      'Who sent this request. Null when no token was sent; UNAUTHENTICATED when the token names no session; SERVICE_UNAVAILABLE when that could not be found out: keep the token then.',
  })
  viewer(@Ctx() context: RequestContext): Viewer | null {
    return context.viewer;
  }
}
