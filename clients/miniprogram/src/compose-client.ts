import type { Client, ClientOptions } from './api.js';
import { createAsk } from './ask.js';
import { createClientFetch } from './client-fetch.js';
import type { Clock } from './clock.js';
import { BAD_ANSWER } from './codes.js';
import { mayMutate, textOf } from './document.js';
import { createExchangeCode } from './exchange-code.js';
import { VIEWER, type ViewerQuery } from './generated/documents.js';
import { MenjinError } from './menjin-error.js';
import { createSend } from './send.js';
import { createSession } from './session.js';
import { createTokenStore } from './token-store.js';

/** @throws TypeError when an option is not of its form */
export function composeClient(options: ClientOptions, clock: Clock): Client {
  const { url, appid, platform, storage = 'plain', timeoutMs: timeout = 10_000 } = options;
  const isEncrypted = storage === 'encrypted';
  const misuse =
    (!/^https?:..[^/]+\//.test(url) && 'url: https://.../graphql') ||
    (!platform && 'platform: fromWx(wx)') ||
    (!isEncrypted && storage !== 'plain' && 'storage: plain or encrypted');
  if (misuse) throw new TypeError(misuse);

  const send = createSend(platform, url, timeout);
  const key = options.storageKey || `menjin ${url} ${appid}`;
  const session = createSession(
    send,
    clock,
    createTokenStore(platform, key, isEncrypted),
    createExchangeCode(send, clock, platform, appid, timeout),
  );
  const ask = createAsk(send, clock, session);

  async function request<Result>(document: unknown, variables?: unknown): Promise<Result> {
    const query = textOf(document);
    const { data, failure } = await ask(JSON.stringify({ query, variables }), mayMutate(query));
    if (failure) throw failure;
    return data as Result;
  }

  return {
    request,
    async viewer() {
      const { viewer } = await request<ViewerQuery>(VIEWER);
      if (viewer) return viewer;
      throw new MenjinError(BAD_ANSWER, 'No viewer: is Authorization dropped on the way?');
    },
    async login() {
      await session.getToken();
    },
    logout: session.logOut,
    fetch: createClientFetch(ask, url),
  };
}
