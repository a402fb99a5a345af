import type { Clock } from './clock.js';
import { RATE_LIMITED, UNSETTLED } from './codes.js';
import type { ExchangeCode } from './exchange-code.js';
import { LOG_OUT } from './generated/documents.js';
import { MenjinError } from './menjin-error.js';
import { createPatience } from './patience.js';
import type { Send } from './send.js';
import type { TokenStore } from './token-store.js';

const BLOCKED_SECONDS = 10;

/** Who is logged in on this phone. */
export interface Session {
  /** The token there is, or that of a login, of which there is one at a time. */
  getToken(): Promise<string>;
  /** The gateway has refused this token. True when another one is there already. */
  forget(token: string): boolean;
  /** @throws MenjinError when the end is not known to have happened: the same again sends it again */
  logOut(): Promise<void>;
  /** What it gives throws LOGGED_OUT from the next logout on. */
  checkpoint(): () => void;
}

export function createSession(send: Send, clock: Clock, store: TokenStore, exchangeCode: ExchangeCode): Session {
  let token: string | null = null;
  /** Of the session that a logout ends. */
  let ending: string | null = null;
  let logouts = 0;
  let loading: Promise<unknown> | undefined;
  let loggingIn: Promise<string> | null = null;
  /** How the last login failed, as long as another one would fail the same way. */
  let refusal: MenjinError | null = null;

  function load(): Promise<unknown> {
    loading =
      loading ||
      store.readToken().then((stored) => {
        token = stored;
      });
    return loading;
  }

  function logIn(): Promise<string> {
    loggingIn =
      loggingIn ||
      exchangeCode().then(
        (fresh) => {
          loggingIn = null;
          token = fresh;
          store.writeToken(fresh);
          return fresh;
        },
        (failure: MenjinError) => {
          loggingIn = null;
          const { code, retryAfterSeconds } = failure;
          const seconds = code === 'USER_BLOCKED' ? BLOCKED_SECONDS : code === RATE_LIMITED && retryAfterSeconds;
          if (seconds) {
            refusal = failure;
            clock.waitMs(seconds * 1000).then(() => {
              refusal = null;
            });
          }
          throw failure;
        },
      );
    return loggingIn;
  }

  return {
    async getToken() {
      await load();
      if (token) return token;
      if (refusal) throw refusal;
      return logIn();
    },

    forget(refused) {
      if (token === refused) {
        token = null;
        store.writeToken(null);
      }
      return !!token;
    },

    async logOut() {
      logouts += 1;
      await load();
      // The session of a login under way would be left behind.
      if (loggingIn) await loggingIn.catch(() => {});
      const ended = token || ending;
      ending = ended;
      token = null;
      await store.writeToken(null);
      const isPatient = createPatience(clock);
      while (ended && ending === ended) {
        const { failure } = await send(JSON.stringify({ query: LOG_OUT }), ended);
        if (!failure) ending = null;
        else if (!UNSETTLED.includes(failure.code) || !(await isPatient(failure))) throw failure;
      }
    },

    checkpoint() {
      const seen = logouts;
      return () => {
        if (logouts !== seen) throw new MenjinError('LOGGED_OUT', 'logout() was called');
      };
    },
  };
}
