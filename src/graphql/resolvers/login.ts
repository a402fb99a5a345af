import { Arg, Ctx, Extensions, Mutation, Resolver } from 'type-graphql';
import type { LoggedIn } from '../../auth/log-in.js';
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
    const { addressBlock, address: ip, userAgent, verbs } = context;
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

/** Counts a login, and writes its line into the log. */
export async function noted(context: RequestContext, logIn: () => Promise<LoggedIn>): Promise<LoggedIn> {
  try {
    const loggedIn = await logIn();
    noteLogin(context, loggedIn);
    return loggedIn;
  } catch (error) {
    const outcome = error instanceof AppError ? error.code : 'INTERNAL_SERVER_ERROR';
    context.metrics.logins.inc({ platform: 'WECHAT', outcome });
    throw error;
  }
}

function noteLogin(context: RequestContext, { viewer, isNewUser, isRepeat }: LoggedIn): void {
  noteLoggedIn(context, viewer);
  const outcome = isRepeat ? 'repeat' : isNewUser ? 'new_user' : 'known_user';
  context.metrics.logins.inc({ platform: viewer.platform, outcome });
  const { platform, appid, user, session } = viewer;
  context.log.info({ platform, appid, userId: user.id, sessionId: session.id, outcome }, 'login');
}
