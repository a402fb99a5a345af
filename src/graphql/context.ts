import type { AppCalls, AppCallsFor } from '../auth/app-calls.js';
import { type Authentication, viewerIn } from '../auth/authenticate.js';
import type { BindPhoneNumber } from '../auth/bind-phone-number.js';
import type { ChangePassword } from '../auth/change-password.js';
import type { CloseAccount } from '../auth/close-account.js';
import type { DecryptOpenData } from '../auth/decrypt-open-data.js';
import type { LinkIdentity } from '../auth/link-identity.js';
import type { ListSessions } from '../auth/list-sessions.js';
import type { LogIn } from '../auth/log-in.js';
import type { LogOut } from '../auth/log-out.js';
import type { LogInWithPassword } from '../auth/login-with-password.js';
import type { Register } from '../auth/register.js';
import type { RevokeSession } from '../auth/revoke-session.js';
import type { RevokeSessions } from '../auth/revoke-sessions.js';
import type { ShowUser } from '../auth/show-user.js';
import type { UnlinkIdentity } from '../auth/unlink-identity.js';
import type { UpdateProfile } from '../auth/update-profile.js';
import type { Viewer } from '../auth/viewer.js';
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
  /**
   * Whether the viewer has one of these roles, as the option `roles` says. False when no token was sent.
   * @throws AppError as `viewer` does; SERVICE_UNAVAILABLE when `roles` does not answer within 5 s; what `roles` throws
   */
  hasRole(...roles: readonly string[]): Promise<boolean>;
  /** WeChat's server APIs, called in the name of the viewer's app. */
  readonly wechat: AppCalls;
}

/** What resolvers can do on behalf of the request. */
export interface Verbs {
  readonly logIn: LogIn;
  readonly logOut: LogOut;
  readonly listSessions: ListSessions;
  readonly revokeSession: RevokeSession;
  readonly revokeSessions: RevokeSessions;
  readonly register: Register;
  readonly logInWithPassword: LogInWithPassword;
  readonly changePassword: ChangePassword;
  readonly showUser: ShowUser;
  readonly linkIdentity: LinkIdentity;
  readonly unlinkIdentity: UnlinkIdentity;
  readonly updateProfile: UpdateProfile;
  readonly closeAccount: CloseAccount;
  readonly decryptOpenData: DecryptOpenData;
  readonly bindPhoneNumber: BindPhoneNumber;
}

export interface ViewerParts {
  readonly requestId: string;
  readonly authentication: Authentication;
  /** The viewer's roles; asks for them once. */
  readonly rolesOf: (viewer: Viewer) => Promise<readonly string[]>;
  readonly callsFor: AppCallsFor;
}

/**
 * What every resolver of anybody's sees. `viewer` is a getter of the prototype: Apollo copies a context's own properties,
 * and an own getter would be called, and throw, before any resolver asks for it.
 */
export class ViewerContext implements GatewayContext {
  readonly requestId: string;
  readonly authentication: Authentication;
  readonly rolesOf: (viewer: Viewer) => Promise<readonly string[]>;
  readonly callsFor: AppCallsFor;

  constructor({ requestId, authentication, rolesOf, callsFor }: ViewerParts) {
    this.requestId = requestId;
    this.authentication = authentication;
    this.rolesOf = rolesOf;
    this.callsFor = callsFor;
  }

  get wechat(): AppCalls {
    return this.callsFor(() => viewerIn(this.authentication));
  }

  get viewer(): Viewer | null {
    return viewerIn(this.authentication);
  }

  get viewerState(): Authentication['state'] {
    return this.authentication.state;
  }

  async hasRole(...roles: readonly string[]): Promise<boolean> {
    const { viewer } = this;
    if (viewer === null) return false;
    const has = await this.rolesOf(viewer);
    return roles.some((role) => has.includes(role));
  }
}

/** Where a request came from. */
export interface Sender {
  /** Whom limits count: an IPv4 address, or the /64 of an IPv6 one. */
  readonly addressBlock: string;
  /** Where it came from, as TRUST_PROXY makes it believable; null for what is no address. */
  readonly address: string | null;
  /** As sent. */
  readonly userAgent: string | null;
}

interface RequestParts extends ViewerParts {
  readonly sender: Sender;
  /** The token the request carries, whatever it is worth. A function, so that printing the context does not show it. */
  readonly carriedToken: () => string | null;
  readonly verbs: Verbs;
  /** The gateway's. */
  readonly gatewayLog: Log;
  readonly metrics: Metrics;
}

/** The context of one GraphQL request to the gateway: what menjin's own resolvers need as well. */
export class RequestContext extends ViewerContext {
  readonly sender: Sender;
  readonly carriedToken: () => string | null;
  readonly verbs: Verbs;
  readonly gatewayLog: Log;
  readonly metrics: Metrics;

  constructor(parts: RequestParts) {
    super(parts);
    this.sender = parts.sender;
    this.carriedToken = parts.carriedToken;
    this.verbs = parts.verbs;
    this.gatewayLog = parts.gatewayLog;
    this.metrics = parts.metrics;
  }

  /** Writes the requestId into every line. Few requests have any. */
  get log(): Log {
    return this.gatewayLog.child({ requestId: this.requestId });
  }
}
