import { Arg, Authorized, Ctx, Extensions, Mutation, Resolver } from 'type-graphql';
import type { PhoneProof } from '../../auth/bind-phone-number.js';
import type { Viewer } from '../../auth/viewer.js';
import { AppError } from '../../errors.js';
import type { OpenedData } from '../../wechat/open-data.js';
import { requireViewer } from '../authorization.js';
import { RequestContext } from '../context.js';
import { DecryptOpenDataInput, DecryptOpenDataPayload } from '../types/open-data.js';
import { BindPhoneNumberInput, BindPhoneNumberPayload } from '../types/phone.js';

@Resolver()
export class WechatResolver {
  @Authorized()
  @Extensions({ authentication: true })
  @Mutation(() => BindPhoneNumberPayload, {
    description:
      "Keeps the phone number that WeChat vouches for as that of the viewer's user, in place of any other. At most once a minute for each user: RATE_LIMITED is answered before WeChat is asked. A code that has given its number may be sent again. Errors: UNAUTHENTICATED, CODE_INVALID (ask the person to tap the button again), RATE_LIMITED, OPEN_DATA_REFUSED (`action`), PLATFORM_UNAVAILABLE, SERVICE_UNAVAILABLE (ask for `viewer.user.phoneNumber`; when it is not there, a new code), BAD_USER_INPUT.",
  })
  async bindPhoneNumber(
    @Arg('input', () => BindPhoneNumberInput, { description: 'What the phone button gave.' })
    input: BindPhoneNumberInput,
    @Ctx() context: RequestContext,
  ): Promise<{ viewer: Viewer }> {
    const viewer = requireViewer(context);
    await context.verbs.bindPhoneNumber(viewer, proofIn(input));
    context.log.info({ userId: viewer.user.id, by: viewer.session.id }, 'bind phone number');
    return { viewer: { ...viewer, user: { ...viewer.user } } };
  }

  @Authorized()
  @Extensions({ authentication: true })
  @Mutation(() => DecryptOpenDataPayload, {
    description:
      'Opens data that WeChat has encrypted for this viewer. The session_key stays here: that of the last login, and the one before it, for data that was fetched before the last login. `action` of OPEN_DATA_REFUSED says what helps: LOGIN_AGAIN, then fetch new data; FIX_INPUT: it is not what WeChat gave. Errors: UNAUTHENTICATED, OPEN_DATA_REFUSED, SERVICE_UNAVAILABLE (send the same again).',
  })
  decryptOpenData(
    @Arg('input', () => DecryptOpenDataInput, { description: 'What WeChat gave the phone.' })
    { encryptedData, iv, rawData = null, signature = null }: DecryptOpenDataInput,
    @Ctx() context: RequestContext,
  ): Promise<OpenedData> {
    return context.verbs.decryptOpenData(requireViewer(context), { encryptedData, iv, rawData, signature });
  }
}

function proofIn({ code, encryptedData, iv }: BindPhoneNumberInput): PhoneProof {
  const isSealed = encryptedData != null && iv != null;
  if (code != null && encryptedData == null && iv == null) return { code };
  if (code == null && isSealed) return { sealed: { encryptedData, iv, rawData: null, signature: null } };
  throw new AppError('BAD_USER_INPUT', { message: 'input has either code, or encryptedData and iv.' });
}
