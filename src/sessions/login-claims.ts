import type { Sql } from '../sql/database.js';
import { lockName } from '../sql/locks.js';

/** How long a process that claimed a login may take before another may try: longer than an exchange. */
const CLAIM_LEASE_MS = 10_000;

export type Claim =
  /** Ours. `isTakenOver`: somebody claimed it before and did not come back; they may still. */
  { readonly kind: 'ours'; readonly isTakenOver: boolean } | { readonly kind: 'theirs'; readonly leaseUntil: number };

/**
 * Says that `owner` is about to exchange the code of this login, so that others wait for its session and one exchange is
 * made. Economy, not safety: the unique login key of `sessions` gives that.
 */
export async function claimLogin(sql: Sql, now: number, loginKey: string, owner: string): Promise<Claim> {
  await lockName(sql, loginKey);
  const claim = await sql
    .selectFrom('login_claims')
    .select('lease_until')
    .where('login_key', '=', loginKey)
    .executeTakeFirst();
  if (claim !== undefined && claim.lease_until > now) return { kind: 'theirs', leaseUntil: claim.lease_until };
  const lease = { owner, lease_until: now + CLAIM_LEASE_MS };
  await sql
    .insertInto('login_claims')
    .values({ login_key: loginKey, ...lease })
    .onConflict((conflict) => conflict.column('login_key').doUpdateSet(lease))
    .execute();
  return { kind: 'ours', isTakenOver: claim !== undefined };
}

/** The exchange came to nothing, or its session has a row. */
export async function releaseClaim(sql: Sql, loginKey: string, owner: string): Promise<void> {
  await sql.deleteFrom('login_claims').where('login_key', '=', loginKey).where('owner', '=', owner).execute();
}

/** Forgets claims that ran out before `before`: of processes that did not come back. How many it were. */
export async function forgetClaims(sql: Sql, before: number, limit: number): Promise<number> {
  const old = sql.selectFrom('login_claims').select('login_key').where('lease_until', '<=', before).limit(limit);
  const result = await sql
    .deleteFrom('login_claims')
    .where('login_key', 'in', old)
    .where('lease_until', '<=', before)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
