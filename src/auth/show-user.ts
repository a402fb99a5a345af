import type { Database } from '../sql/database.js';
import type { UserStatus } from '../sql/schema.js';
import { findIdentitiesOf, type LinkedIdentity } from '../users/identities.js';
import { findUser, resolveUser, type UserRow } from '../users/users.js';

export type { LinkedIdentity };

/** What a person is called, how they show themselves (neither is verified), and the number that the platform vouches for. */
export type Profile = Pick<UserRow, 'username' | 'nickname' | 'avatarUrl' | 'phoneNumber' | 'phoneVerifiedAt'>;

/** What a user's own fields are resolved from. Both throw AppError SERVICE_UNAVAILABLE. */
export interface ShowUser {
  profile(userId: string): Promise<Profile>;
  /** The first one first; none of a user who was merged or closed. */
  identities(userId: string): Promise<readonly LinkedIdentity[]>;
}

const NO_PROFILE: Profile = {
  ...{ username: null, nickname: null, avatarUrl: null },
  ...{ phoneNumber: null, phoneVerifiedAt: null },
};

export function createShowUser({ database }: { database: Database }): ShowUser {
  return {
    profile: async (userId) => (await database.query((sql) => findUser(sql, userId))) ?? NO_PROFILE,
    identities: (userId) => database.query((sql) => findIdentitiesOf(sql, userId)),
  };
}

/** A user as back-end code finds them that stored an id. */
export interface FoundUser {
  /** Another one than was asked for when that user was merged: who they are now. */
  readonly id: string;
  readonly username: string | null;
  /** What the person typed: neither is verified. */
  readonly nickname: string | null;
  readonly avatarUrl: string | null;
  /** E.164, with when the platform vouched for it. Two people may have the same. */
  readonly phoneNumber: string | null;
  readonly phoneVerifiedAt: Date | null;
  readonly createdAt: Date;
  readonly status: Exclude<UserStatus, 'merged'>;
}

/**
 * Who this id names now.
 * @returns null for an id that never was one.
 * @throws AppError SERVICE_UNAVAILABLE
 */
export type FindUser = (userId: string) => Promise<FoundUser | null>;

/** What ids of users look like. Anything else names none. */
const USER_ID = /^[A-Za-z0-9_-]{1,64}$/;

export function createFindUser({ database }: { database: Database }): FindUser {
  return async (userId) => {
    if (!USER_ID.test(userId)) return null;
    const user = await database.query((sql) => resolveUser(sql, userId));
    if (user === null || user.status === 'merged') return null;
    const { id, username, nickname, avatarUrl, phoneNumber, phoneVerifiedAt: verifiedAt, createdAt, status } = user;
    const phoneVerifiedAt = verifiedAt === null ? null : new Date(verifiedAt);
    return { id, username, nickname, avatarUrl, phoneNumber, phoneVerifiedAt, createdAt: new Date(createdAt), status };
  };
}
