import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { LinkedIdentity, Profile } from '../../auth/show-user.js';
import type { Viewer } from '../../auth/viewer.js';
import { RequestContext } from '../context.js';
import { checkOwnUser } from '../own-user.js';
import { IdentityType } from '../types/identity.js';
import { UserType } from '../types/user.js';

// As it is handed in: of a class, type-graphql makes a new object for every field.
type User = Viewer['user'];

// Not @Authorized: in a login's answer the request itself has no viewer yet.
@Resolver(() => UserType)
export class UserResolver {
  @FieldResolver(() => String, {
    nullable: true,
    description:
      'In lower case, unique in the tenant. Null until the person registers. Errors: FORBIDDEN (of anybody but the viewer), SERVICE_UNAVAILABLE.',
  })
  async username(@Root() user: User, @Ctx() context: RequestContext): Promise<string | null> {
    checkOwnUser(context, user);
    return (await profileOf(user, context)).username;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'What the person wants to be called. Nobody verified it. Errors: SERVICE_UNAVAILABLE.',
  })
  async nickname(@Root() user: User, @Ctx() context: RequestContext): Promise<string | null> {
    return (await profileOf(user, context)).nickname;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'The https URL of a picture that the person chose. Nobody verified it. Errors: SERVICE_UNAVAILABLE.',
  })
  async avatarUrl(@Root() user: User, @Ctx() context: RequestContext): Promise<string | null> {
    return (await profileOf(user, context)).avatarUrl;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'In E.164, like +8613800138000. WeChat vouches for it: it reaches the person, and may reach others, too. Null until `bindPhoneNumber`. Errors: FORBIDDEN (of anybody but the viewer), SERVICE_UNAVAILABLE.',
  })
  async phoneNumber(@Root() user: User, @Ctx() context: RequestContext): Promise<string | null> {
    checkOwnUser(context, user);
    return (await profileOf(user, context)).phoneNumber;
  }

  @FieldResolver(() => Date, {
    nullable: true,
    description:
      'When WeChat vouched for the phone number. Null when there is none. Errors: FORBIDDEN (of anybody but the viewer), SERVICE_UNAVAILABLE.',
  })
  async phoneVerifiedAt(@Root() user: User, @Ctx() context: RequestContext): Promise<Date | null> {
    checkOwnUser(context, user);
    const { phoneVerifiedAt } = await profileOf(user, context);
    return phoneVerifiedAt === null ? null : new Date(phoneVerifiedAt);
  }

  @FieldResolver(() => [IdentityType], {
    description:
      'All doors to this user, the first one first. Errors: FORBIDDEN (of anybody but the viewer), SERVICE_UNAVAILABLE.',
  })
  async identities(@Root() user: User, @Ctx() context: RequestContext): Promise<IdentityType[]> {
    checkOwnUser(context, user);
    const shown = shownOf(user, context);
    shown.identities ??= context.verbs.showUser.identities(user.id);
    const identities = await shown.identities;
    return identities.map(({ id, platform, appid, openid, unionid, linkedAt, lastLoginAt }) => ({
      ...{ id, platform, appid, openid, unionid },
      linkedAt: new Date(linkedAt),
      lastLoginAt: new Date(lastLoginAt),
    }));
  }
}

/** What was asked of a user, once, for fields that are resolved one by one. */
interface Shown {
  profile?: Promise<Profile>;
  identities?: Promise<readonly LinkedIdentity[]>;
}

/** By the object, not by its id: what a mutation answers is a new one, and is asked for again. */
const shownIn = new WeakMap<RequestContext, WeakMap<User, Shown>>();

function shownOf(user: User, context: RequestContext): Shown {
  const ofRequest = shownIn.get(context) ?? new WeakMap<User, Shown>();
  shownIn.set(context, ofRequest);
  const shown = ofRequest.get(user) ?? {};
  ofRequest.set(user, shown);
  return shown;
}

function profileOf(user: User, context: RequestContext): Promise<Profile> {
  const shown = shownOf(user, context);
  shown.profile ??= context.verbs.showUser.profile(user.id);
  return shown.profile;
}
