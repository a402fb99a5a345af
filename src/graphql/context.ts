import type { Authentication } from '../auth/authenticate.js';
import type { LogIn } from '../auth/log-in.js';
import type { LogOut } from '../auth/log-out.js';
import type { Viewer } from '../auth/viewer.js';
import { AppError } from '../errors.js';
import type { Log } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';

/** What every resolver gets. */
export interface GatewayContext {
  /**
   * Who sent the request; null only when no token was sent.
   * @throws AppError UNAUTHENTICATED when the token names no session, SERVICE_UNAVAILABLE when a store could not answer.
   */
  readonly viewer: Viewer | null;
  /** The same as a word; reading it never throws. */
  readonly viewerState: Authentication['state'];
  /** Names this request in the log and in X-Request-Id. */
  readonly requestId: string;
}

/** What resolvers can do on behalf of the request. */
export interface Verbs {
  readonly logIn: LogIn;
  readonly logOut: LogOut;
}

interface RequestParts {
  readonly requestId: string;
  readonly authentication: Authentication;
  /** Whom limits count: an IPv4 address, or the /64 of an IPv6 one. */
  readonly addressBlock: string;
  /** The token the request carries, whatever it is worth. A function, so that printing the context does not show it. */
  readonly carriedToken: () => string | null;
  readonly verbs: Verbs;
  /** Writes the requestId into every line. */
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * The context of one GraphQL request. `viewer` is a getter of the prototype: Apollo copies a context's own properties,
 * and an own getter would be called, and throw, before any resolver asks for it.
 */
export class RequestContext implements GatewayContext, RequestParts {
  readonly requestId: string;
  readonly authentication: Authentication;
  readonly addressBlock: string;
  readonly carriedToken: () => string | null;
  readonly verbs: Verbs;
  readonly log: Log;
  readonly metrics: Metrics;

  constructor(parts: RequestParts) {
    this.requestId = parts.requestId;
    this.authentication = parts.authentication;
    this.addressBlock = parts.addressBlock;
    this.carriedToken = parts.carriedToken;
    this.verbs = parts.verbs;
    this.log = parts.log;
    this.metrics = parts.metrics;
  }

  get viewer(): Viewer | null {
    const { authentication } = this;
    if (authentication.state === 'refused') throw new AppError('UNAUTHENTICATED');
    if (authentication.state === 'unknown') throw authentication.error;
    return authentication.state === 'signedIn' ? authentication.viewer : null;
  }

  get viewerState(): Authentication['state'] {
    return this.authentication.state;
  }
}
