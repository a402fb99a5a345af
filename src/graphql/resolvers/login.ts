import { Arg, Ctx, Extensions, Mutation, Resolver } from 'type-graphql';
import type { LoggedIn } from '../../auth/log-in.js';
import { noteLogin } from '../../auth/note-login.js';
import type { Viewer } from '../../auth/viewer.js';
import { AppError } from '../../errors.js';
import { logFailure } from '../../observe/log.js';
import { RequestContext } from '../context.js';
import { noteLoggedIn } from '../own-user.js';
import { LoginInput, LoginPayload } from '../types/login.js';
import type { PhoneError } from '../types/phone.js';

@Resolver()
export class LoginResolver {
  @Extensions({ authentication: true })
  @Mutation(() => LoginPayload, {
    description:
      'Trades a code from wx.login for a session. A token sent along never makes it fail; its session ends when the login has succeeded. Errors: CODE_INVALID (call wx.login again, once), USER_BLOCKED, FORBIDDEN (the back end refuses it), RATE_LIMITED, PLATFORM_UNAVAILABLE, SERVICE_UNAVAILABLE (send the same again), UNKNOWN_APP, BAD_USER_INPUT.',
  })
  async login(
    @Arg('input', () => LoginInput, { description: 'The code, and what else the login needs.' }) input: LoginInput,
    @Ctx() context: RequestContext,
  ): Promise<LoginPayload> {
    const { code, appid = null, requestId = null, phoneCode = null } = input;
    const { verbs } = context;
    const { addressBlock, address: ip, userAgent } = context.sender;
    const loggedIn = await noted(context, () =>
      verbs.logIn({
        ...{ code, appid, requestId, addressBlock },
        carriedToken: context.carriedToken(),
        origin: { ip, userAgent },
      }),
    );
    return {
      ...loggedIn,
      phoneError: phoneCode === null ? null : await bindPhone(context, loggedIn.viewer, phoneCode),
    };
  }
}

/** Null when the number is kept. */
async function bindPhone(context: RequestContext, viewer: Viewer, code: string): Promise<PhoneError | null> {
  try {
    await context.verbs.bindPhoneNumber(viewer, { code });
    return null;
  } catch (error) {
    const failure = error instanceof AppError ? error : new AppError('INTERNAL_SERVER_ERROR', { cause: error });
    logFailure(context.log, failure.code, error, { part: 'phone' });
    const { reason = null, retryAfterSeconds = null } = failure;
    return { code: failure.code, message: failure.message, reason, retryAfterSeconds };
  }
}

/** Counts and logs a login; from then on this request may read what is personal of the user. */
export async function noted(context: RequestContext, logIn: () => Promise<LoggedIn>): Promise<LoggedIn> {
  const loggedIn = await noteLogin(context, logIn);
  noteLoggedIn(context, loggedIn.viewer);
  return loggedIn;
}
