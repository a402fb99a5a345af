import type { Viewer } from '../auth/viewer.js';
import { AppError } from '../errors.js';
import type { GatewayContext } from './context.js';

/**
 * The viewer of a GraphQL context, or of a Fastify request.
 * @throws AppError UNAUTHENTICATED when nobody is signed in, SERVICE_UNAVAILABLE when that could not be found out.
 */
export function requireViewer(context: { readonly viewer: Viewer | null }): Viewer {
  const { viewer } = context;
  if (viewer === null) throw new AppError('UNAUTHENTICATED');
  return viewer;
}

/** `@Authorized()` asks for a viewer, `@Authorized('A', 'B')` for one of these roles. Type-graphql's own errors have other codes. */
export async function checkAuthorized({ context }: { context: GatewayContext }, roles: string[]): Promise<boolean> {
  requireViewer(context);
  if (roles.length > 0 && !(await context.hasRole(...roles))) throw new AppError('FORBIDDEN');
  return true;
}
