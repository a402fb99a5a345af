import type { Sql } from '../sql/database.js';

/** An openid as somebody spelled it; appid null: in whichever app. */
export interface AskedOpenid {
  readonly openid: string;
  readonly appid: string | null;
}

export interface FoundIdentity {
  readonly userId: string;
  readonly appid: string;
}

const MAX_FOUND = 100;

/** The identities of an openid. The same text may be another person's in another app. */
export async function findByOpenid(sql: Sql, { openid, appid }: AskedOpenid): Promise<FoundIdentity[]> {
  const ofAnyApp = sql.selectFrom('identities').select(['user_id', 'appid']).where('openid', '=', openid);
  const query = appid === null ? ofAnyApp : ofAnyApp.where('appid', '=', appid);
  const rows = await query.orderBy('appid').limit(MAX_FOUND).execute();
  return rows.map((row) => ({ userId: row.user_id, appid: row.appid }));
}
