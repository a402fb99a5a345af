import type { PlatformName } from '../platforms/platform.js';
import type { SessionRow } from '../sessions/session-rows.js';
import type { SessionValue } from '../sessions/session-value.js';
import type { Identity, User } from '../users/identities.js';

/** Who sent the request: the person as this app knows them, and the session that says so. */
export interface Viewer {
  /** The person's id within this app, as the platform's exchange gave it. */
  readonly openid: string;
  /** The person's id across the apps of one owner, when the platform tells it. */
  readonly unionid: string | null;
  readonly appid: string;
  readonly platform: PlatformName;
  readonly tenant: string;
  readonly user: { readonly id: string; readonly createdAt: Date };
  readonly session: Session;
}

/** One sign-in of one device, as its user sees it. */
export interface Session {
  readonly id: string;
  readonly createdAt: Date;
  /** When its last use was written down: at most an hour, or a tenth of the idle time-out, ago. */
  readonly lastSeenAt: Date;
  /** When it ends unless it is used again. */
  readonly expiresAt: Date;
  /** Whether it is the viewer's own. */
  readonly current: boolean;
  readonly platform: PlatformName;
  readonly appid: string;
  /** Where the login came from, as TRUST_PROXY makes it believable. */
  readonly ip: string | null;
  /** The User-Agent that it named: at most 200 characters of anything. */
  readonly device: string | null;
}

export function viewerOf(value: SessionValue): Viewer {
  return {
    openid: value.openid,
    unionid: value.unionid,
    appid: value.appid,
    platform: value.platform,
    tenant: value.tenant,
    user: { id: value.userId, createdAt: new Date(value.userCreatedAt) },
    session: {
      id: value.sid,
      createdAt: new Date(value.createdAt),
      lastSeenAt: new Date(value.touchedAt),
      expiresAt: new Date(value.until),
      current: true,
      platform: value.platform,
      appid: value.appid,
      ip: value.ip,
      device: value.device,
    },
  };
}

/**
 * The value a login stores: the row's session, as its first request will read it.
 *
 * @param user whom the session acts as: not the identity's, after a login by another's password
 */
export function firstValueOf(row: SessionRow, identity: Identity, user: User): SessionValue {
  return {
    v: 1,
    sid: row.sid,
    userId: user.id,
    userCreatedAt: user.createdAt,
    identityId: identity.id,
    tenant: identity.tenant,
    platform: identity.platform,
    appid: identity.appid,
    openid: identity.openid,
    unionid: identity.unionid,
    createdAt: row.createdAt,
    touchedAt: row.createdAt,
    until: row.firstUntil,
    absUntil: row.absUntil,
    ip: row.ip,
    device: row.device,
  };
}
