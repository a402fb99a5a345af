/** The platforms whose codes menjin exchanges. Grows by one file and one line in `index.ts`. */
export type PlatformName = 'WECHAT';

/** One mini-program. */
export interface App {
  readonly platform: PlatformName;
  readonly appid: string;
  /** The first is used; a second stands in while the secret is being rotated. */
  readonly secrets: readonly [string, ...string[]];
  /** The group of apps this one belongs to: an identity of one tenant is none of another. */
  readonly tenant: string;
}

/** What a platform says about the person behind a code. */
export interface ExchangedIdentity {
  readonly openid: string;
  readonly unionid: string | null;
  /** The platform's key for this person's open data. Never leaves the server. */
  readonly sessionKey: string;
}

export interface Platform {
  readonly name: PlatformName;
  /**
   * Trades a single-use code for an identity, within one deadline of 5 s.
   *
   * @throws AppError CODE_INVALID, USER_BLOCKED, RATE_LIMITED, PLATFORM_UNAVAILABLE, or INTERNAL_SERVER_ERROR
   *   (`alarm`) when the app is misconfigured.
   */
  exchange(app: App, code: string): Promise<ExchangedIdentity>;
}
