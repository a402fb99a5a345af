import { randomBytes } from 'node:crypto';

const TTL_MS = 7_200_000;
/** A token with less time left is renewed, and both are good until its end. */
const RENEWAL_MS = 300_000;
const FORCE_EVERY_MS = 30_000;
const FORCES_PER_DAY = 20;
const DAY_MS = 86_400_000;
/** WeChat's days begin at midnight in China. */
const CHINA_MS = 8 * 3_600_000;
/** Of one app: those that are forgotten are invalid, no longer expired. */
const TOKEN_LIMIT = 64;
const FORM = /^\d+_[\w-]{100,500}$/;

export interface IssuedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

export interface AccessTokens {
  /** The present token, or another one once less than five minutes of it are left. */
  issue(appid: string): IssuedToken;
  /** Another token, and the end of all others; or 45011 within 30 s of the last time, 45009 after 20 times in a day. */
  force(appid: string): IssuedToken | number;
  /** Ends every token of the app. */
  revoke(appid: string): void;
  /** Whose it is, good or not; null: nobody's. */
  appidOf(token: string): string | null;
  /** The errcode it is refused with; null: it is good. */
  refusalOf(token: string): number | null;
}

interface TokenRow {
  readonly token: string;
  readonly expiresAtMs: number;
  isRevoked: boolean;
}

interface Forces {
  readonly day: number;
  readonly count: number;
  readonly lastAtMs: number;
}

export function createAccessTokens(now: () => number): AccessTokens {
  // Of the apps there are; the newest token of each comes last.
  const rows = new Map<string, TokenRow[]>();
  const forces = new Map<string, Forces>();

  const rowsOf = (appid: string) => rows.get(appid) ?? [];

  function add(appid: string): TokenRow {
    const row = { token: createToken(), expiresAtMs: now() + TTL_MS, isRevoked: false };
    rows.set(appid, [...rowsOf(appid).slice(1 - TOKEN_LIMIT), row]);
    return row;
  }

  const issued = ({ token, expiresAtMs }: TokenRow): IssuedToken => ({
    token,
    expiresInSeconds: Math.floor((expiresAtMs - now()) / 1000),
  });

  function revoke(appid: string): void {
    for (const row of rowsOf(appid)) row.isRevoked = true;
  }

  function find(token: string): { appid: string; row: TokenRow } | null {
    for (const [appid, ofApp] of rows) {
      const row = ofApp.find((each) => each.token === token);
      if (row !== undefined) return { appid, row };
    }
    return null;
  }

  return {
    issue(appid) {
      const present = rowsOf(appid).at(-1);
      const isPresent = present !== undefined && !present.isRevoked && present.expiresAtMs - now() >= RENEWAL_MS;
      return issued(isPresent ? present : add(appid));
    },

    force(appid) {
      const day = Math.floor((now() + CHINA_MS) / DAY_MS);
      const last = forces.get(appid);
      if (last !== undefined && now() - last.lastAtMs < FORCE_EVERY_MS) return 45011;
      const count = last?.day === day ? last.count : 0;
      if (count >= FORCES_PER_DAY) return 45009;
      forces.set(appid, { day, count: count + 1, lastAtMs: now() });
      revoke(appid);
      return issued(add(appid));
    },

    revoke,

    appidOf: (token) => find(token)?.appid ?? null,

    refusalOf(token) {
      if (token === '') return 41001;
      if (!FORM.test(token)) return 40014;
      const found = find(token);
      if (found === null || found.row.isRevoked) return 40001;
      return found.row.expiresAtMs <= now() ? 42001 : null;
    },
  };
}

/** 131 characters: WeChat's begin with a number of one to three digits, too. */
function createToken(): string {
  return `86_${randomBytes(96).toString('base64url')}`;
}
