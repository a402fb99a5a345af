import { Arg, Authorized, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { Session, Viewer } from '../../auth/viewer.js';
import { requireViewer } from '../authorization.js';
import { RequestContext } from '../context.js';
import {
  RevokeSessionInput,
  RevokeSessionPayload,
  RevokeSessionsInput,
  RevokeSessionsPayload,
  SessionType,
} from '../types/session.js';
import { ViewerType } from '../types/viewer.js';

@Resolver(() => ViewerType)
export class SessionsResolver {
  // Not @Authorized: who has a Viewer is that viewer. In a login's answer the request itself has none yet, and a refusal
  // would cost the token that the answer carries.
  @FieldResolver(() => [SessionType], {
    description:
      'The live sessions of this user in every app of the tenant, newest first, at most 1000. Errors: SERVICE_UNAVAILABLE.',
  })
  sessions(@Root() viewer: Viewer, @Ctx() context: RequestContext): Promise<Session[]> {
    return context.verbs.listSessions(viewer);
  }

  @Authorized()
  @Mutation(() => RevokeSessionPayload, {
    description:
      "Ends one of the viewer's sessions, this one too. After SERVICE_UNAVAILABLE it may have ended; the same again settles it. Errors: UNAUTHENTICATED, SERVICE_UNAVAILABLE.",
  })
  async revokeSession(
    @Arg('input', () => RevokeSessionInput, { description: 'Which one.' }) { id }: RevokeSessionInput,
    @Ctx() context: RequestContext,
  ): Promise<RevokeSessionPayload> {
    const viewer = requireViewer(context);
    const { ended } = await context.verbs.revokeSession(viewer, id);
    // What was sent may be anything; what has ended is an id of ours.
    const sessionId = ended ? id : null;
    context.log.info({ userId: viewer.user.id, sessionId, by: viewer.session.id, ended }, 'revoke session');
    return { ended };
  }

  @Authorized()
  @Mutation(() => RevokeSessionsPayload, {
    description:
      "Ends the viewer's sessions everywhere, all but this one unless told otherwise. A login that begins after the answer is not one of them. After SERVICE_UNAVAILABLE some may have ended; the same again settles it. Errors: UNAUTHENTICATED, SERVICE_UNAVAILABLE.",
  })
  async revokeSessions(
    @Arg('input', () => RevokeSessionsInput, { nullable: true, description: 'Without it this session goes on.' })
    input: RevokeSessionsInput | null | undefined,
    @Ctx() context: RequestContext,
  ): Promise<RevokeSessionsPayload> {
    const viewer = requireViewer(context);
    const keepCurrent = input?.keepCurrent ?? true;
    const { ended } = await context.verbs.revokeSessions(viewer, { keepCurrent });
    context.log.info({ userId: viewer.user.id, by: viewer.session.id, keepCurrent, ended }, 'revoke sessions');
    return { ended };
  }
}
