import { Arg, Authorized, Ctx, Extensions, Mutation, Resolver } from 'type-graphql';
import type { Viewer } from '../../auth/viewer.js';
import { requireViewer } from '../authorization.js';
import { RequestContext } from '../context.js';
import {
  CloseAccountInput,
  CloseAccountPayload,
  LinkIdentityInput,
  LinkIdentityPayload,
  UnlinkIdentityInput,
  UnlinkIdentityPayload,
  UpdateProfileInput,
  UpdateProfilePayload,
} from '../types/account.js';

@Resolver()
export class AccountResolver {
  @Authorized()
  @Extensions({ authentication: true })
  @Mutation(() => LinkIdentityPayload, {
    description:
      "Gives the viewer's user one more identity: the one that the code is of, in an app of the same tenant. An identity of another user is IDENTITY_TAKEN, and the code is used up: to join both users, ask the person, then send a new code with `merge: true`. After SERVICE_UNAVAILABLE it may have happened; the same with a new code settles it. Errors: UNAUTHENTICATED, IDENTITY_TAKEN (`mergeable`), CODE_INVALID (call wx.login again, once), FORBIDDEN (an app of another tenant), USER_BLOCKED, RATE_LIMITED, PLATFORM_UNAVAILABLE, SERVICE_UNAVAILABLE, UNKNOWN_APP, BAD_USER_INPUT.",
  })
  async linkIdentity(
    @Arg('input', () => LinkIdentityInput, { description: 'The code, and what may come of it.' })
    { code, appid = null, merge }: LinkIdentityInput,
    @Ctx() context: RequestContext,
  ): Promise<{ viewer: Viewer }> {
    const viewer = requireViewer(context);
    const { sender, verbs } = context;
    await verbs.linkIdentity(viewer, { code, appid, merge: merge ?? false, addressBlock: sender.addressBlock });
    context.log.info({ userId: viewer.user.id, by: viewer.session.id, merge: merge ?? false }, 'link identity');
    return { viewer: anew(viewer) };
  }

  @Authorized()
  @Mutation(() => UnlinkIdentityPayload, {
    description:
      "Takes an identity from the viewer's user, and ends all sessions that were opened through it. Its next login makes another user, unless it has the unionid of an identity that stays: then it comes back. An id that is none of the user's identities does nothing. After SERVICE_UNAVAILABLE it may have happened; the same again settles it. Errors: UNAUTHENTICATED, LAST_IDENTITY, SERVICE_UNAVAILABLE.",
  })
  async unlinkIdentity(
    @Arg('input', () => UnlinkIdentityInput, { description: 'Which one.' }) { id }: UnlinkIdentityInput,
    @Ctx() context: RequestContext,
  ): Promise<{ viewer: Viewer }> {
    const viewer = requireViewer(context);
    await context.verbs.unlinkIdentity(viewer, id);
    context.log.info({ userId: viewer.user.id, by: viewer.session.id }, 'unlink identity');
    return { viewer: anew(viewer) };
  }

  @Authorized()
  @Mutation(() => UpdateProfilePayload, {
    description:
      'Keeps what the viewer says of themselves. Errors: UNAUTHENTICATED, BAD_USER_INPUT, SERVICE_UNAVAILABLE (send the same again).',
  })
  async updateProfile(
    @Arg('input', () => UpdateProfileInput, { description: 'What changes.' })
    { nickname, avatarUrl }: UpdateProfileInput,
    @Ctx() context: RequestContext,
  ): Promise<{ viewer: Viewer }> {
    const viewer = requireViewer(context);
    await context.verbs.updateProfile(viewer, { nickname, avatarUrl });
    context.log.info({ userId: viewer.user.id, by: viewer.session.id }, 'update profile');
    return { viewer: anew(viewer) };
  }

  @Authorized()
  @Extensions({ authentication: true })
  @Mutation(() => CloseAccountPayload, {
    description:
      "Closes the viewer's account for good: ends all its sessions, frees its identities and its username, and forgets what is known of the person. The next login of one of the identities makes another user. What stays: the user's `id` with its tenant, `createdAt` and that it is closed, and the record of what happened until it is over its time. Needs a fresh code of one of the user's identities: FORBIDDEN when it is of somebody else's. After SERVICE_UNAVAILABLE it may have happened, and is being finished: the same code cannot be used again, and a client whose token is UNAUTHENTICATED then is done. Errors: UNAUTHENTICATED, FORBIDDEN, CODE_INVALID (call wx.login again, once), USER_BLOCKED, RATE_LIMITED, PLATFORM_UNAVAILABLE, SERVICE_UNAVAILABLE, UNKNOWN_APP, BAD_USER_INPUT.",
  })
  async closeAccount(
    @Arg('input', () => CloseAccountInput, { description: 'The proof.' }) { code }: CloseAccountInput,
    @Ctx() context: RequestContext,
  ): Promise<CloseAccountPayload> {
    const viewer = requireViewer(context);
    const { sender, verbs } = context;
    await verbs.closeAccount(viewer, { code, addressBlock: sender.addressBlock });
    context.log.info({ userId: viewer.user.id, by: viewer.session.id }, 'close account');
    return { closed: true };
  }
}

/** What is asked of the user after a change is asked again. */
function anew(viewer: Viewer): Viewer {
  return { ...viewer, user: { ...viewer.user } };
}
