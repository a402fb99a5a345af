import { AppError } from '../errors.js';
import type { Breaker } from '../limits/breaker.js';
import type { App, ExchangedIdentity, Platform, PlatformName } from '../platforms/platform.js';
import type { SessionStore } from '../sessions/session-store.js';

export interface ExchangeParts {
  readonly platforms: ReadonlyMap<PlatformName, Platform>;
  readonly breaker: Breaker;
  readonly sessionStore: SessionStore;
}

/** The way to the platforms, for everything that takes a code. */
export interface Exchange {
  /** @throws AppError as the platform does; UNKNOWN_APP, SERVICE_UNAVAILABLE or PLATFORM_UNAVAILABLE without asking it. */
  exchange(app: App, code: string): Promise<ExchangedIdentity>;
  /** Why `exchange` would fail now without asking anybody; else null. */
  refusal(app: App): AppError | null;
}

export function createExchange({ platforms, breaker, sessionStore }: ExchangeParts): Exchange {
  // A code is good for one exchange: none is spent for what could not be finished.
  const refusal = (app: App) => sessionStore.refusal() ?? breaker.refusal(app);

  return {
    exchange: async (app, code) => {
      const platform = platforms.get(app.platform);
      if (platform === undefined) throw new AppError('UNKNOWN_APP');
      const refused = refusal(app);
      if (refused !== null) throw refused;
      return breaker.run(app, () => platform.exchange(app, code));
    },
    refusal,
  };
}
