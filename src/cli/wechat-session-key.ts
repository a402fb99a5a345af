import { composeWechat, type GatewayCalls, WECHAT_API_URL } from '../compose-wechat.js';
import { AppError } from '../errors.js';
import { createKeyRing } from '../lib/key-ring.js';
import { createLog } from '../observe/log.js';
import { serverKeysOf } from '../server-keys.js';
import { type Arguments, UsageError } from './arguments.js';
import { CommandFailure, type StoreCommand, withStores } from './with-stores.js';

/** `menjin wechat check`: whether WeChat still knows the session_key that is kept of a person. */
export function checkSessionKey(given: Arguments, command: StoreCommand): Promise<number> {
  return asking(given, command, async (wechat, who) => {
    const isKnown = await wechat.checkSessionKey(who);
    if (isKnown === null) throw new CommandFailure(NOBODY);
    command.out.write(
      isKnown
        ? 'WeChat knows the session_key that is kept.\n'
        : 'WeChat does not know it: a login brings a good one.\n',
    );
    return isKnown ? 0 : 1;
  });
}

/** `menjin wechat reset`: has WeChat replace the session_key of a person. */
export function resetSessionKey(given: Arguments, command: StoreCommand): Promise<number> {
  return asking(given, command, async (wechat, who) => {
    const isReset = await wechat.resetSessionKey(who);
    if (isReset === null) throw new CommandFailure(NOBODY);
    if (!isReset) {
      command.err.write('WeChat does not know the session_key that is kept: there was nothing to reset.\n');
      return 1;
    }
    command.out.write('The session_key is another one. What was encrypted under the old one can still be opened.\n');
    return 0;
  });
}

const NOBODY = 'Nobody with this openid has logged in to this app.';

function asking(
  { options: { openid, appid } }: Arguments,
  command: StoreCommand,
  work: (wechat: GatewayCalls, who: { openid: string; appid?: string | undefined }) => Promise<number>,
): Promise<number> {
  if (openid === undefined) throw new UsageError('Say whose: --openid <openid>, of several apps with --appid <appid>.');
  return withStores(command, ['DATABASE_URL'], async ({ database }, config) => {
    const { apps, wechatApiUrl } = config;
    if (apps.length === 0) throw new CommandFailure('No app is configured: a simulated one ends with its gateway.');
    if (apps.length > 1 && appid === undefined) {
      throw new CommandFailure(
        `There are several apps: add --appid, one of ${apps.map((app) => app.appid).join(', ')}.`,
      );
    }
    const wechat = composeWechat({
      ...{ apps, database, apiUrl: wechatApiUrl ?? WECHAT_API_URL, fetchJson: undefined, now: Date.now },
      keys: createKeyRing(serverKeysOf(config)),
      log: createLog('silent'),
    });
    try {
      return await work(wechat.calls, { openid, appid });
    } catch (error) {
      throw withDetail(error);
    } finally {
      await wechat.close();
    }
  });
}

/** A gateway has a line in its log for this; who typed a command has a sentence. */
function withDetail(error: unknown): unknown {
  if (!(error instanceof AppError) || error.detail === undefined || error.code === 'SERVICE_UNAVAILABLE') return error;
  const { errcode } = error.log;
  return new CommandFailure(`It failed: ${error.detail}${typeof errcode === 'number' ? ` (errcode ${errcode})` : ''}`);
}
