import type { Sql } from '../sql/database.js';
import { changeUser, NOTHING_KNOWN, type UserChange, type UserRow } from './users.js';

/** What belongs together: a username without its password opens nothing. The survivor keeps its own; else it takes the other's. */
const TAKEN_TOGETHER = {
  username: ['username', 'passwordHash'],
  phoneNumber: ['phoneNumber', 'phoneVerifiedAt', 'phoneCodeHash'],
  nickname: ['nickname'],
  avatarUrl: ['avatarUrl'],
} as const satisfies Record<string, readonly (keyof UserChange)[]>;

export type MergedFact = keyof typeof TAKEN_TOGETHER;

/** What becomes of two users. */
export interface MergePlan {
  /** What the survivor has not, and takes. */
  readonly takes: readonly MergedFact[];
  /** What both have: the survivor's stays, the other's is gone. */
  readonly drops: readonly MergedFact[];
  readonly change: UserChange;
}

/** The rule of conflicts: what the survivor has stays. */
export function planMerge(survivor: UserRow, other: UserRow): MergePlan {
  const facts = Object.keys(TAKEN_TOGETHER) as MergedFact[];
  const had = facts.filter((fact) => other[fact] !== null);
  const takes = had.filter((fact) => survivor[fact] === null);
  const columns = takes.flatMap((fact): readonly (keyof UserChange)[] => TAKEN_TOGETHER[fact]);
  const taken = Object.fromEntries(columns.map((column) => [column, other[column]]));
  // A password that comes to the survivor is one more of theirs.
  const version = takes.includes('username') ? { passwordVersion: survivor.passwordVersion + 1 } : {};
  return { takes, drops: had.filter((fact) => survivor[fact] !== null), change: { ...taken, ...version } };
}

/**
 * Moves all that the other has to the survivor. The other's id stays, and names the survivor from now on, as do ids that
 * were merged into the other before. Inside a transaction that has locked both, and that ends the other's sessions.
 */
export async function mergeUsers(sql: Sql, now: number, survivor: UserRow, other: UserRow): Promise<MergePlan> {
  const plan = planMerge(survivor, other);
  await sql
    .updateTable('identities')
    .set({ user_id: survivor.id, linked_at: now })
    .where('user_id', '=', other.id)
    .execute();
  // Before the survivor takes them: a username is unique.
  await changeUser(sql, other.id, { ...NOTHING_KNOWN, status: 'merged', mergedInto: survivor.id });
  await changeUser(sql, survivor.id, plan.change);
  await sql.updateTable('users').set({ merged_into: survivor.id }).where('merged_into', '=', other.id).execute();
  return plan;
}
