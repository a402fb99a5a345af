import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { type Authenticate, type Authentication, viewerIn } from '../auth/authenticate.js';
import type { Viewer } from '../auth/viewer.js';
import { AppError } from '../errors.js';
import type { TokenReader } from './request-token.js';

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * Who sent this request, on routes that were added to a gateway's `app`; null only when no token was sent. Known before
     * the body is read, to the route's own hooks and to all but `onRequest` hooks of its scope. A hook of the whole app runs
     * for menjin's routes too, and there it is not known: put such a hook into a scope of your own, by `app.register`.
     * @throws AppError UNAUTHENTICATED when the token names no session, SERVICE_UNAVAILABLE when a store could not answer
     */
    readonly viewer: Viewer | null;
    /** The same as a word; on these routes reading it never throws. */
    readonly viewerState: Authentication['state'];
  }
}

/** Routes added from now on know who sent a request. Those added before do not ask: a probe must not wait for a store. */
export function identifySenders(app: FastifyInstance, authenticate: Authenticate, tokenOf: TokenReader): void {
  const known = new WeakMap<FastifyRequest, Authentication>();

  function authenticationOf(request: FastifyRequest): Authentication {
    const authentication = known.get(request);
    if (authentication !== undefined) return authentication;
    const detail =
      'request.viewer is known only on routes added to gateway.app, and to an onRequest hook only of the route itself';
    throw new AppError('INTERNAL_SERVER_ERROR', { detail });
  }

  async function identify(request: FastifyRequest): Promise<void> {
    known.set(request, await authenticate(tokenOf(request)));
  }

  app.decorateRequest('viewer', {
    getter(this: FastifyRequest) {
      return viewerIn(authenticationOf(this));
    },
  });
  app.decorateRequest('viewerState', {
    getter(this: FastifyRequest) {
      return authenticationOf(this).state;
    },
  });
  app.addHook('onRoute', (route: RouteOptions) => {
    const hooks = route.onRequest ?? [];
    route.onRequest = [identify, ...(Array.isArray(hooks) ? hooks : [hooks])];
  });
}
