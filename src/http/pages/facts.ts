/** What the pages say about the gateway they are served by. Nothing secret, no store's address. */
export interface Facts {
  readonly version: string;
  readonly apps: readonly { readonly platform: string; readonly appid: string }[];
  readonly stores: { readonly users: StoreKind; readonly sessions: StoreKind };
  /** Whether `/explorer` is there. */
  readonly hasExplorer: boolean;
  /** null where real apps are configured: then there is no code button and no phone. */
  readonly simulator: { readonly users: readonly SimulatedPerson[] } | null;
}

export type StoreKind = 'sqlite' | 'memory' | 'redis' | 'postgres';

export interface SimulatedPerson {
  readonly username: string;
  readonly unionid: string | null;
  readonly kind: 'ordinary' | 'blocked' | 'newcomer';
}
