/** The tables as Kysely sees them. Times are milliseconds since 1970, by the database's clock. */
export interface Schema {
  users: UsersTable;
  identities: IdentitiesTable;
  sessions: SessionsTable;
  login_claims: LoginClaimsTable;
}

interface UsersTable {
  id: string;
  tenant: string;
  created_at: number;
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
}

export type SessionState = 'opening' | 'open' | 'ended';

export interface SessionsTable {
  sid: string;
  token_hash: string;
  user_id: string;
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
}

interface LoginClaimsTable {
  login_key: string;
  owner: string;
  lease_until: number;
}
