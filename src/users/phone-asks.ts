import { AppError } from '../errors.js';
import type { App } from '../platforms/platform.js';
import type { Sql } from '../sql/database.js';
import { sql as raw } from '../sql/kysely.js';
import { isRunning } from '../sql/locks.js';
import { changeUser, type UserRow } from './users.js';

/** A number costs money each time it is asked for. */
const COOL_DOWN_MS = 60_000;

const DAY_MS = 86_400_000;
/** The platform bills by the days of China, which has had one time zone and no summer time since 1991. */
const CHINA_MS = 8 * 3_600_000;

/** How many phone numbers an app may ask for in a day; null: any. */
export type PhoneBudget = number | null;

/**
 * Counts a question for a user's phone number, before it is asked. Inside a transaction that has locked the user; who is
 * refused has left nothing in it.
 *
 * @throws AppError RATE_LIMITED less than a minute after the last one, and when the app's budget of the day is spent.
 */
export async function countPhoneAsk(
  sql: Sql,
  now: number,
  { app, user, budget }: { app: App; user: UserRow; budget: PhoneBudget },
): Promise<void> {
  const waitMs = user.phoneAskedAt === null ? 0 : user.phoneAskedAt + COOL_DOWN_MS - now;
  if (isRunning(waitMs, COOL_DOWN_MS)) {
    throw limited(Math.min(waitMs, COOL_DOWN_MS), 'this user has just asked for a number');
  }
  if (budget !== null && !(await spend(sql, now, app, budget))) {
    throw limited(DAY_MS - ((now + CHINA_MS) % DAY_MS), 'PHONE_DAILY_BUDGET of this app is spent');
  }
  await changeUser(sql, user.id, { phoneAskedAt: now });
}

/** The platform has said that it gives no number: it has cost nothing. The minute stays. */
export async function giveBackPhoneAsk(sql: Sql, askedAt: number, { platform, appid }: App): Promise<void> {
  await sql
    .updateTable('phone_budgets')
    .set({ spent: raw<number>`spent - 1` })
    .where('platform', '=', platform)
    .where('appid', '=', appid)
    .where('day', '=', dayOf(askedAt))
    .where('spent', '>', 0)
    .execute();
}

async function spend(sql: Sql, now: number, { platform, appid }: App, budget: number): Promise<boolean> {
  const day = dayOf(now);
  const row = await sql
    .insertInto('phone_budgets')
    .values({ platform, appid, day, spent: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['platform', 'appid', 'day'])
        .doUpdateSet({ spent: raw<number>`phone_budgets.spent + 1` })
        .where('phone_budgets.spent', '<', budget),
    )
    .returning('spent')
    .executeTakeFirst();
  if (row?.spent === 1) {
    const ofApp = sql.deleteFrom('phone_budgets').where('platform', '=', platform).where('appid', '=', appid);
    await ofApp.where('day', '<', day).execute();
  }
  return row !== undefined;
}

function dayOf(at: number): number {
  return Math.floor((at + CHINA_MS) / DAY_MS);
}

function limited(waitMs: number, detail: string): AppError {
  return new AppError('RATE_LIMITED', { retryAfterSeconds: Math.ceil(waitMs / 1000), detail });
}
