import { lengthPrefixed } from '../lib/bytes.js';
import type { KeyRing } from '../lib/key-ring.js';
import { open, seal } from '../lib/seal.js';
import type { App } from '../platforms/platform.js';
import type { Database, Sql } from '../sql/database.js';
import { isRunning, lockName } from '../sql/locks.js';

/** A token and when it ends, in ms by this process's clock. */
export interface HeldToken {
  readonly token: string;
  readonly expiresAt: number;
}

/** What a process finds that needs a token. */
export type Turn =
  | { readonly kind: 'held'; readonly held: HeldToken }
  /** To ask WeChat for one. */
  | { readonly kind: 'ours' }
  | { readonly kind: 'theirs' };

/** The tokens that all processes on one database share. Every function throws AppError SERVICE_UNAVAILABLE. */
export interface AccessTokenStore {
  /** @param wanted how long a token must be good for, and which one is not wanted */
  look(app: App, owner: string, wanted: { leftMs: number; refused: string | null }): Promise<Turn>;
  /** True at most once in 30 s, and only for whose turn it is: WeChat may be made to replace its token. */
  mayForce(app: App, owner: string): Promise<boolean>;
  /** Ends the turn with a token, unless it has run out meanwhile. */
  keep(app: App, owner: string, held: HeldToken): Promise<void>;
  /** Ends the turn without one. */
  giveUp(app: App, owner: string): Promise<void>;
}

/** How long a process that asks WeChat may take before another may: longer than its deadlines together. */
const LEASE_MS = 10_000;

/** WeChat's own rule. */
const FORCE_EVERY_MS = 30_000;

/** @param now in ms. Rows have the database's time, which may be another: what is left of a token goes from one to the other. */
export function createAccessTokenStore(parts: {
  database: Database;
  keys: KeyRing;
  now: () => number;
}): AccessTokenStore {
  const { database, keys, now } = parts;

  return {
    look: (app, owner, { leftMs, refused }) =>
      database.transaction(async (sql, at) => {
        await lockName(sql, `access token of ${app.platform} ${app.appid}`);
        const row = await findRow(sql, app);
        const token = row?.token == null ? null : open(keys, row.token, placeOf(app));
        const tokenLeftMs = (row?.expires_at ?? at) - at;
        if (token !== null && token !== refused && tokenLeftMs > leftMs)
          return { kind: 'held', held: { token, expiresAt: now() + tokenLeftMs } };
        const leaseLeftMs = (row?.lease_until ?? at) - at;
        if (isRunning(leaseLeftMs, LEASE_MS)) return { kind: 'theirs' };
        await takeLease(sql, app, { lease_owner: owner, lease_until: at + LEASE_MS });
        return { kind: 'ours' };
      }),
    mayForce: (app, owner) =>
      database.transaction(async (sql, at) => {
        const result = await leased(sql, app, owner)
          .set({ forced_at: at })
          .where(({ eb, or }) =>
            or([eb('forced_at', 'is', null), eb('forced_at', '<=', at - FORCE_EVERY_MS), eb('forced_at', '>', at)]),
          )
          .executeTakeFirst();
        return result.numUpdatedRows > 0n;
      }),
    keep: (app, owner, { token, expiresAt }) =>
      database.transaction(async (sql, at) => {
        const expires_at = Math.round(at + expiresAt - now());
        const kept = { token: seal(keys, token, placeOf(app)), expires_at };
        await leased(sql, app, owner)
          .set({ ...kept, ...NO_LEASE })
          .execute();
      }),
    giveUp: (app, owner) =>
      database.transaction(async (sql) => {
        await leased(sql, app, owner).set(NO_LEASE).execute();
      }),
  };
}

const NO_LEASE = { lease_owner: null, lease_until: null };

function findRow(sql: Sql, { platform, appid }: App) {
  return sql
    .selectFrom('access_tokens')
    .select(['token', 'expires_at', 'lease_until'])
    .where('platform', '=', platform)
    .where('appid', '=', appid)
    .executeTakeFirst();
}

async function takeLease(sql: Sql, { platform, appid }: App, lease: { lease_owner: string; lease_until: number }) {
  await sql
    .insertInto('access_tokens')
    .values({ platform, appid, ...lease })
    .onConflict((conflict) => conflict.columns(['platform', 'appid']).doUpdateSet(lease))
    .execute();
}

/** To be changed only by whose turn it still is. */
function leased(sql: Sql, { platform, appid }: App, owner: string) {
  return sql
    .updateTable('access_tokens')
    .where('platform', '=', platform)
    .where('appid', '=', appid)
    .where('lease_owner', '=', owner);
}

/** A sealed token of one app does not open as another's. */
function placeOf({ platform, appid }: App): Buffer {
  return lengthPrefixed(['access token', platform, appid]);
}
