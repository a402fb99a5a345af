import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Authenticate, viewerIn } from '../../auth/authenticate.js';
import { noteLogin } from '../../auth/note-login.js';
import type { Viewer } from '../../auth/viewer.js';
import { AppError } from '../../errors.js';
import type { Verbs } from '../../graphql/context.js';
import { type Log, logFailure } from '../../observe/log.js';
import type { Metrics } from '../../observe/metrics.js';
import type { Refusals } from '../refusals.js';
import type { TokenReader } from '../request-token.js';
import { addressOf, senderOf } from '../sender.js';
import { headerOf, WAFER_PREFIX, waferHeaders } from '../wafer-headers.js';
import { inWafersShape } from '../wafer-refusals.js';
import { NAMELESS, typedInfo, type UserInfo, verifiedInfo } from '../wafer-user-info.js';

export interface WaferParts {
  readonly tokenOf: TokenReader;
  readonly authenticate: Authenticate;
  readonly verbs: Pick<Verbs, 'logIn' | 'decryptOpenData' | 'showUser'>;
  readonly refusals: Refusals;
  readonly log: Log;
  readonly metrics: Metrics;
  /** In ms. */
  readonly now: () => number;
}

/** The routes of wafer2's server, for its unchanged client: the token of a session is what that calls skey. */
export async function waferRoutes(app: FastifyInstance, parts: WaferParts): Promise<void> {
  const { tokenOf, authenticate, verbs, refusals, metrics, now } = parts;

  async function logIn(request: FastifyRequest) {
    const code = headerOf(request, waferHeaders.code);
    if (code === null) throw missingCode();
    const { appid } = request.query as { appid?: unknown };
    const log = parts.log.child({ requestId: request.id });
    const { token, viewer } = await noteLogin({ log, metrics }, () =>
      verbs.logIn({
        ...{ code, appid: typeof appid === 'string' ? appid : null, requestId: null },
        ...{ addressBlock: senderOf(request), carriedToken: tokenOf(request) },
        origin: { ip: addressOf(request), userAgent: request.headers['user-agent'] ?? null },
      }),
    ).catch(throwInWordsOfWafer);
    const userinfo = await userInfoAfterLogin(request, viewer, log);
    return { code: 0, data: { skey: token, userinfo, time: Math.floor(now() / 1000) } };
  }

  /** Never fails: the code is spent, and the session is there. */
  async function userInfoAfterLogin(request: FastifyRequest, viewer: Viewer, log: Log): Promise<UserInfo> {
    const encryptedData = headerOf(request, waferHeaders.encryptedData);
    const iv = headerOf(request, waferHeaders.iv);
    const isSealed = encryptedData !== null && iv !== null;
    const [verified, typed] = await Promise.all([
      isSealed && verifiedInfo(verbs.decryptOpenData, viewer, { encryptedData, iv }).catch(note(log, 'open data')),
      typedInfo(verbs.showUser, viewer).catch(note(log, 'profile')),
    ]);
    return { ...NAMELESS, ...verified, ...typed };
  }

  async function showUser(request: FastifyRequest) {
    const viewer = viewerIn(await authenticate(tokenOf(request)));
    if (viewer === null) throw new AppError('UNAUTHENTICATED', { message: 'The header X-WX-Skey is missing.' });
    return { code: 0, data: { ...NAMELESS, ...(await typedInfo(verbs.showUser, viewer)) } };
  }

  await app.register(async (scope) => {
    scope.setErrorHandler((error, request, reply) => refusals.answerError(error, request, reply, inWafersShape));
    // Its client calls a POST without a body JSON.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, async () => null);
    scope.route({ method: ['GET', 'POST'], url: `${WAFER_PREFIX}login`, handler: logIn });
    scope.route({ method: ['GET', 'POST'], url: `${WAFER_PREFIX}user`, handler: showUser });
  });
}

/** wafer2's server gave this refusal its name for other reasons, too. */
function missingCode(): AppError {
  const message =
    "The header X-WX-Code is missing: it carries the code that wx.login gave. (wafer2's own server said ERR_REQUEST_PARAM also when its operator had not given it Tencent Cloud's keys: menjin has none.)";
  return new AppError('BAD_USER_INPUT', { message });
}

/** The sentences of a login speak of the input of its mutation. */
function throwInWordsOfWafer(error: unknown): never {
  if (!(error instanceof AppError) || error.code !== 'BAD_USER_INPUT') throw error;
  const message = error.message
    .replace('input.code', 'The header X-WX-Code')
    .replace('input.appid', 'The query parameter appid');
  throw new AppError('BAD_USER_INPUT', { message, cause: error });
}

/** One line for what an answer goes without. */
function note(log: Log, part: string): (error: unknown) => null {
  return (error) => {
    logFailure(log, error instanceof AppError ? error.code : 'INTERNAL_SERVER_ERROR', error, { part });
    return null;
  };
}
