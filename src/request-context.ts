import type { AppCallsFor } from './auth/app-calls.js';
import type { Authenticate, Authentication } from './auth/authenticate.js';
import { RequestContext, type Sender, type Verbs } from './graphql/context.js';
import { type Roles, rolesOfRequest } from './graphql/roles.js';
import type { Log } from './observe/log.js';
import type { Metrics } from './observe/metrics.js';

/** What a request to `/graphql` says of itself. */
export interface SentRequest {
  readonly requestId: string;
  readonly token: string | null;
  readonly sender: Sender;
  /** Where it was found out before: nobody is asked twice for one request. */
  readonly authentication?: Authentication | null | undefined;
}

/** The one way to a context, whichever way its request goes. At once, when its session is at hand. */
export type MakeRequestContext = (sent: SentRequest) => RequestContext | Promise<RequestContext>;

export function createRequestContexts(parts: {
  readonly authenticate: Authenticate;
  readonly roles: Roles | undefined;
  readonly callsFor: AppCallsFor;
  readonly verbs: Verbs;
  readonly log: Log;
  readonly metrics: Metrics;
}): MakeRequestContext {
  const { authenticate, roles = () => [], callsFor, verbs, log, metrics } = parts;

  function contextFor({ requestId, token, sender }: SentRequest, authentication: Authentication): RequestContext {
    const [rolesOf, carriedToken] = [rolesOfRequest(roles), () => token];
    const parts = {
      requestId,
      authentication,
      rolesOf,
      callsFor,
      sender,
      carriedToken,
      verbs,
      gatewayLog: log,
      metrics,
    };
    return new RequestContext(parts);
  }

  return (sent) => {
    const authentication = sent.authentication ?? authenticate(sent.token);
    if (!(authentication instanceof Promise)) return contextFor(sent, authentication);
    return authentication.then((known) => contextFor(sent, known));
  };
}
