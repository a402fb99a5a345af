import type { Platform } from './api.js';

/** The token on the phone. What it cannot keep costs another login, and nothing else. */
export interface TokenStore {
  readToken(): Promise<string | null>;
  /** null: forgets it. */
  writeToken(token: string | null): Promise<unknown>;
}

export function createTokenStore(platform: Platform, key: string, encrypt: boolean): TokenStore {
  const place = { key, encrypt };
  let last: Promise<unknown> = Promise.resolve();

  return {
    readToken: () =>
      platform.getStorage(place).then(
        ({ data }) => data as string | null,
        () => null,
      ),
    writeToken(token) {
      // One after the other: the last word counts.
      last = last
        .then(() => (token ? platform.setStorage({ ...place, data: token }) : platform.removeStorage({ key })))
        .catch(() => {});
      return last;
    },
  };
}
