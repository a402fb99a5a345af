import { Arg, Authorized, Ctx, Extensions, Mutation, Resolver } from 'type-graphql';
import type { LoggedIn } from '../../auth/log-in.js';
import type { Viewer } from '../../auth/viewer.js';
import { requireViewer } from '../authorization.js';
import { RequestContext } from '../context.js';
import { LoginPayload } from '../types/login.js';
import {
  ChangePasswordInput,
  ChangePasswordPayload,
  LoginWithPasswordInput,
  RegisterInput,
  RegisterPayload,
} from '../types/password.js';
import { noted } from './login.js';

@Resolver()
export class PasswordResolver {
  @Extensions({ authentication: true })
  @Mutation(() => LoginPayload, {
    description:
      "Trades a code from wx.login and the password of an account for a session: `viewer.openid` is the phone's, `viewer.user` the account's. A token sent along never makes it fail; its session ends when the login has succeeded. Errors: WRONG_CREDENTIALS (for an unknown username as for a wrong password), RATE_LIMITED, CODE_INVALID (call wx.login again, once), USER_BLOCKED, FORBIDDEN (the back end refuses it), IDENTITY_TAKEN (with `link`, when the identity's user has more than this identity), PLATFORM_UNAVAILABLE, SERVICE_UNAVAILABLE (send the same again), UNKNOWN_APP, BAD_USER_INPUT.",
  })
  loginWithPassword(
    @Arg('input', () => LoginWithPasswordInput, {
      description: 'The code, the account, and what else the login needs.',
    })
    input: LoginWithPasswordInput,
    @Ctx() context: RequestContext,
  ): Promise<LoggedIn> {
    const { code, appid = null, requestId = null, username, password, link } = input;
    const { verbs } = context;
    const { addressBlock, address: ip, userAgent } = context.sender;
    return noted(context, () =>
      verbs.logInWithPassword({
        ...{ code, appid, requestId, username, password, link: link ?? false, addressBlock },
        carriedToken: context.carriedToken(),
        origin: { ip, userAgent },
      }),
    );
  }

  @Authorized()
  @Extensions({ authentication: true })
  @Mutation(() => RegisterPayload, {
    description:
      "Gives the viewer's user a username and a password, once. The same again is answered as the first time. Errors: UNAUTHENTICATED, BAD_USER_INPUT, WEAK_PASSWORD, USERNAME_TAKEN, FORBIDDEN (`reason`: `ALREADY_REGISTERED`), RATE_LIMITED, SERVICE_UNAVAILABLE (send the same again).",
  })
  async register(
    @Arg('input', () => RegisterInput, { description: 'Both of them.' }) { username, password }: RegisterInput,
    @Ctx() context: RequestContext,
  ): Promise<{ viewer: Viewer }> {
    const viewer = requireViewer(context);
    const { verbs } = context;
    const { addressBlock, address: ip } = context.sender;
    await verbs.register(viewer, { username, password, addressBlock, ip });
    context.log.info({ userId: viewer.user.id, by: viewer.session.id }, 'register');
    return { viewer };
  }

  @Authorized()
  @Extensions({ authentication: true })
  @Mutation(() => ChangePasswordPayload, {
    description:
      "Gives the viewer's user another password, and ends all their sessions but this one. After SERVICE_UNAVAILABLE it may have happened; the same again settles it, also when the password is the new one already. Errors: UNAUTHENTICATED, WRONG_CREDENTIALS (the current one is wrong, or there is none), WEAK_PASSWORD, BAD_USER_INPUT, RATE_LIMITED, SERVICE_UNAVAILABLE.",
  })
  async changePassword(
    @Arg('input', () => ChangePasswordInput, { description: 'Both of them.' })
    { currentPassword, newPassword }: ChangePasswordInput,
    @Ctx() context: RequestContext,
  ): Promise<ChangePasswordPayload> {
    const viewer = requireViewer(context);
    const { verbs } = context;
    const { addressBlock, address: ip } = context.sender;
    const { sessionsEnded } = await verbs.changePassword(viewer, { currentPassword, newPassword, addressBlock, ip });
    context.log.info({ userId: viewer.user.id, by: viewer.session.id, sessionsEnded }, 'change password');
    return { sessionsEnded };
  }
}
