import { DeadlineError, withDeadline } from '../lib/deadline.js';
import type { KeyRing } from '../lib/key-ring.js';
import { createSingleFlight } from '../lib/single-flight.js';
import type { App } from '../platforms/platform.js';
import type { Database } from '../sql/database.js';
import { createAccessTokenStore, type HeldToken } from './access-token-store.js';
import { type AskWechat, unusable } from './ask.js';
import { createAskAccessToken } from './ask-access-token.js';
import { createRenewAccessToken } from './renew-access-token.js';

export interface AccessTokens {
  /**
   * A token that is good as far as is known.
   *
   * @param options `refused`: one that WeChat has just refused: another one is got. `timeoutMs`: 5000 by default
   * @throws AppError PLATFORM_UNAVAILABLE, RATE_LIMITED, or INTERNAL_SERVER_ERROR (`alarm`) when the app is misconfigured
   */
  get(app: App, options?: { refused?: string; timeoutMs?: number }): Promise<string>;
  /** Renews nothing any more by itself, and waits for what is under way. */
  close(): Promise<void>;
}

export interface AccessTokensParts {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly ask: AskWechat;
  /** The clock on the wall, in ms. */
  readonly now: () => number;
  /** The tokens that all processes share could not be read or written: this process goes on by itself. */
  readonly onStoreFailure: (error: unknown) => void;
  /** A token could not be renewed before its time. It is good for a while yet, and tried again. */
  readonly onRenewalFailure?: ((error: unknown) => void) | undefined;
  /** How long another process that is asking WeChat is waited for. @default 4000 */
  readonly patienceMs?: number | undefined;
}

const TIMEOUT_MS = 5000;

/** What is left of a token when callers wait for the next one. */
const TOO_LATE_MS = 10_000;

/** What is left when the next one is got while callers have the present one: from then on WeChat gives a new one. */
const RENEW_MS = 300_000;

/** Between two tries to renew, or to replace, a token. */
const TRY_EVERY_MS = 5000;

interface State {
  held: HeldToken | null;
  renewAt: number;
  /** The last token that was refused and could not be replaced. */
  lost: { readonly token: string; readonly error: unknown; readonly until: number } | null;
}

/** One token per app, for all processes on one database: one of them asks WeChat. */
export function createAccessTokens(parts: AccessTokensParts): AccessTokens {
  const { now, onRenewalFailure = () => undefined } = parts;
  const store = createAccessTokenStore(parts);
  const renew = createRenewAccessToken({ ...parts, store, askAccessToken: createAskAccessToken(parts) });
  const singleFlight = createSingleFlight<HeldToken>();
  const states = new Map<string, State>();
  const underWay = new Set<Promise<unknown>>();
  let isClosed = false;

  function stateOf(app: App): State {
    const known = states.get(keyOf(app));
    if (known !== undefined) return known;
    const made: State = { held: null, renewAt: Number.NEGATIVE_INFINITY, lost: null };
    states.set(keyOf(app), made);
    return made;
  }

  /** Whose refused token is another waits for another answer. The store has them take turns. */
  function renewed(app: App, state: State, refused: string | null, leftMs: number): Promise<HeldToken> {
    const onToken = (held: HeldToken) => {
      state.held = held;
    };
    const flight = singleFlight(`${keyOf(app)} ${refused ?? ''}`, () => renew(app, { refused, leftMs, onToken }));
    underWay.add(flight);
    const landed = () => void underWay.delete(flight);
    flight.then(landed, landed);
    return flight;
  }

  function renewInBackground(app: App, state: State): void {
    if (isClosed || now() < state.renewAt) return;
    state.renewAt = now() + TRY_EVERY_MS;
    renewed(app, state, null, RENEW_MS).catch(onRenewalFailure);
  }

  async function replaced(app: App, state: State, refused: string): Promise<HeldToken> {
    const { lost } = state;
    if (lost?.token === refused && now() < lost.until) throw lost.error;
    try {
      return await renewed(app, state, refused, TOO_LATE_MS);
    } catch (error) {
      state.lost = { token: refused, error, until: now() + TRY_EVERY_MS };
      throw error;
    }
  }

  return {
    get: async (app, { refused, timeoutMs = TIMEOUT_MS } = {}) => {
      const state = stateOf(app);
      const { held } = state;
      const leftMs = held === null || held.token === refused ? 0 : held.expiresAt - now();
      if (held !== null && leftMs > TOO_LATE_MS) {
        if (leftMs <= RENEW_MS) renewInBackground(app, state);
        return held.token;
      }
      const next = refused === undefined ? renewed(app, state, null, TOO_LATE_MS) : replaced(app, state, refused);
      try {
        return (await withDeadline(next, timeoutMs)).token;
      } catch (error) {
        throw error instanceof DeadlineError ? unusable(app, { kind: 'timeout' }) : error;
      }
    },
    close: async () => {
      isClosed = true;
      await Promise.allSettled(underWay);
    },
  };
}

function keyOf({ platform, appid }: App): string {
  return `${platform} ${appid}`;
}
