import type { InferResult } from 'kysely';
import type { Sql } from '../sql/database.js';
import type { UserStatus } from '../sql/schema.js';

/** A person of a tenant. Times are ms. */
export interface UserRow {
  readonly id: string;
  readonly tenant: string;
  readonly createdAt: number;
  /** In lower case. */
  readonly username: string | null;
  /** argon2id, in PHC's form; null exactly when there is no username. */
  readonly passwordHash: string | null;
  /** Counts the passwords of this user, and never falls. */
  readonly passwordVersion: number;
  /** E.164 */
  readonly phoneNumber: string | null;
  readonly phoneVerifiedAt: number | null;
  /** When a number was last asked of the platform for this user. */
  readonly phoneAskedAt: number | null;
  /** Of the code that the number came by; null for one that came by encrypted data. */
  readonly phoneCodeHash: string | null;
  /** What the person typed: neither is verified. */
  readonly nickname: string | null;
  readonly avatarUrl: string | null;
  readonly status: UserStatus;
  readonly mergedInto: string | null;
}

/** What a change of a user's row may set. */
export type UserChange = Partial<Omit<UserRow, 'id' | 'tenant' | 'createdAt'>>;

export async function findUser(sql: Sql, id: string): Promise<UserRow | null> {
  const row = await selectUsers(sql).where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : toUser(row);
}

/** Who this id names now: the user itself, or the one it was merged into. null for an id that never was one. */
export async function resolveUser(sql: Sql, id: string): Promise<UserRow | null> {
  let user = await findUser(sql, id);
  // One step, but where the survivor is merged while we look.
  for (let steps = 0; user?.mergedInto != null && steps < MAX_STEPS; steps += 1) {
    user = await findUser(sql, user.mergedInto);
  }
  return user;
}

const MAX_STEPS = 5;

/** The ids that name this user beside its own. */
export async function findMergedInto(sql: Sql, id: string): Promise<string[]> {
  const rows = await sql.selectFrom('users').select('id').where('merged_into', '=', id).execute();
  return rows.map((row) => row.id);
}

/** @param username in lower case */
export async function findByUsername(sql: Sql, tenant: string, username: string): Promise<UserRow | null> {
  const query = selectUsers(sql).where('tenant', '=', tenant).where('username', '=', username);
  const row = await query.executeTakeFirst();
  return row === undefined ? null : toUser(row);
}

export async function insertUser(sql: Sql, user: Pick<UserRow, 'id' | 'tenant' | 'createdAt'>): Promise<UserRow> {
  const values = { id: user.id, tenant: user.tenant, created_at: user.createdAt };
  return toUser(await sql.insertInto('users').values(values).returningAll().executeTakeFirstOrThrow());
}

/** Inside a transaction that has locked the user. @throws a unique violation when the username is another's. */
export async function changeUser(sql: Sql, id: string, change: UserChange): Promise<void> {
  const entries = Object.entries(change).map(([name, value]) => [COLUMNS[name as keyof UserChange], value]);
  if (entries.length === 0) return;
  await sql.updateTable('users').set(Object.fromEntries(entries)).where('id', '=', id).execute();
}

/** What is known of the person beside the id, all absent: a user that was merged or closed keeps none of it. */
export const NOTHING_KNOWN = {
  username: null,
  passwordHash: null,
  phoneNumber: null,
  phoneVerifiedAt: null,
  phoneAskedAt: null,
  phoneCodeHash: null,
  nickname: null,
  avatarUrl: null,
} as const satisfies UserChange;

const COLUMNS = {
  username: 'username',
  passwordHash: 'password_hash',
  passwordVersion: 'password_version',
  phoneNumber: 'phone_number',
  phoneVerifiedAt: 'phone_verified_at',
  phoneAskedAt: 'phone_asked_at',
  phoneCodeHash: 'phone_code_hash',
  nickname: 'nickname',
  avatarUrl: 'avatar_url',
  status: 'status',
  mergedInto: 'merged_into',
} as const satisfies Record<keyof UserChange, string>;

function selectUsers(sql: Sql) {
  return sql.selectFrom('users').selectAll();
}

export function toUser(row: InferResult<ReturnType<typeof selectUsers>>[number]): UserRow {
  return {
    id: row.id,
    tenant: row.tenant,
    createdAt: row.created_at,
    username: row.username,
    passwordHash: row.password_hash,
    passwordVersion: row.password_version,
    phoneNumber: row.phone_number,
    phoneVerifiedAt: row.phone_verified_at,
    phoneAskedAt: row.phone_asked_at,
    phoneCodeHash: row.phone_code_hash,
    nickname: row.nickname,
    avatarUrl: row.avatar_url,
    status: row.status,
    mergedInto: row.merged_into,
  };
}
