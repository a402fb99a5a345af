import type { Generated } from 'kysely';

/** The tables as Kysely sees them. Times are milliseconds since 1970, by the database's clock. */
export interface Schema {
  users: UsersTable;
  identities: IdentitiesTable;
  sessions: SessionsTable;
  login_claims: LoginClaimsTable;
  audit_events: AuditEventsTable;
  access_tokens: AccessTokensTable;
  phone_budgets: PhoneBudgetsTable;
}

/** 'merged' and 'closed' are for ever: nobody logs in as such a user, and nothing of the person is left in the row. */
export type UserStatus = 'active' | 'banned' | 'merged' | 'closed';

interface UsersTable {
  id: string;
  tenant: string;
  created_at: number;
  /** In lower case; with the tenant unique. */
  username: Generated<string | null>;
  /** argon2id, in PHC's form. */
  password_hash: Generated<string | null>;
  /** Counts its passwords: a login by one that was changed meanwhile must not be answered. */
  password_version: Generated<number>;
  /** E.164 */
  phone_number: Generated<string | null>;
  phone_verified_at: Generated<number | null>;
  /** When a number was last asked of the platform for this user. */
  phone_asked_at: Generated<number | null>;
  /** Of the code that the number came by: sent again, it is not asked again. */
  phone_code_hash: Generated<string | null>;
  nickname: Generated<string | null>;
  avatar_url: Generated<string | null>;
  status: Generated<UserStatus>;
  /** Who this user is now: never somebody who was merged as well. */
  merged_into: Generated<string | null>;
}

interface IdentitiesTable {
  id: string;
  tenant: string;
  platform: string;
  appid: string;
  openid: string;
  unionid: string | null;
  user_id: string;
  /** Sealed, bound to this row. Data encrypted just before a re-login still needs the previous one. */
  session_key: string;
  previous_session_key: string | null;
  created_at: number;
  last_login_at: number;
  /** When it came to its present user. */
  linked_at: number;
}

export type SessionState = 'opening' | 'open' | 'ended';

export interface SessionsTable {
  sid: string;
  token_hash: string;
  /** Whom the session acts as: the identity's user, or the one whose password was given. */
  user_id: string;
  /** The phone. The row may outlive it. */
  identity_id: string;
  /** Names the login (code and requestId) that a repeat asks for; null without a requestId, or when a later row has it. */
  login_key: string | null;
  /** The server key the token was made with; null for a random token. */
  kid: string | null;
  state: SessionState;
  is_new_user: number;
  created_at: number;
  opening_until: number;
  /** The idle end as last written; never before the one in the value. */
  until: number;
  /** What the login answered as `expiresAt`, for its repeats. */
  first_until: number;
  abs_until: number;
  ended_at: number | null;
  reason: string | null;
  /** When the value's deletion was confirmed. */
  gone_at: number | null;
  /** When its last use was written down; null for one that has not been used since older versions. */
  touched_at: number | null;
  /** Where the login came from, and the User-Agent it named. */
  ip: string | null;
  device: string | null;
  /** Which password of its user the login gave; null for a login by code alone. */
  password_version: Generated<number | null>;
}

interface LoginClaimsTable {
  login_key: string;
  owner: string;
  lease_until: number;
}

/** One row per app that calls the platform in its own name. */
interface AccessTokensTable {
  platform: string;
  appid: string;
  /** Sealed, bound to the app. */
  token: string | null;
  expires_at: number | null;
  /** When the platform was last made to replace it before its time. */
  forced_at: number | null;
  /** Who is asking for the next one, and until when others wait for it. */
  lease_owner: string | null;
  lease_until: number | null;
}

/** How many phone numbers an app has asked for in a day, which is `day` times 24 hours after 1970. */
interface PhoneBudgetsTable {
  platform: string;
  appid: string;
  day: number;
  spent: number;
}

/** What happened, for operators. Holds no secret and no token. */
interface AuditEventsTable {
  id: string;
  at: number;
  type: string;
  user_id: string | null;
  session_id: string | null;
  appid: string | null;
  openid: string | null;
  ip: string | null;
  /** JSON: what else the type has. */
  details: string;
}
