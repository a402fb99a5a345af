import type { Sql } from '../sql/database.js';
import type { EventType } from './events.js';

/** Something that happened, as it was written down. */
export interface RecordedEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly type: string;
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly appid: string | null;
  readonly openid: string | null;
  readonly ip: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface AskedEvents {
  /** Of any of these users, or of this openid; null: whoever's. */
  readonly who: {
    readonly userIds: readonly string[];
    readonly openid: string | null;
    readonly appid: string | null;
  } | null;
  /** Of this time or later (ms). */
  readonly since: number;
  readonly type: EventType | null;
  /** The last one of the page before. */
  readonly after: Pick<RecordedEvent, 'at' | 'id'> | null;
  readonly limit: number;
}

/** The next events, the oldest first. */
export async function readEvents(sql: Sql, { who, since, type, after, limit }: AskedEvents): Promise<RecordedEvent[]> {
  const { at, id } = after ?? { at: since, id: '' };
  let query = sql
    .selectFrom('audit_events')
    .selectAll()
    .where('at', '>=', at)
    .where((is) => is.or([is('at', '>', at), is('id', '>', id)]));
  if (type !== null) query = query.where('type', '=', type);
  if (who !== null) {
    const { userIds, openid, appid } = who;
    query = query.where((is) => {
      const ofOpenid = is.and([is('openid', '=', openid), ...(appid === null ? [] : [is('appid', '=', appid)])]);
      const ofUsers = userIds.length === 0 ? [] : [is('user_id', 'in', userIds)];
      return is.or([...ofUsers, ...(openid === null ? [] : [ofOpenid])]);
    });
  }
  const rows = await query.orderBy('at').orderBy('id').limit(limit).execute();
  return rows.map((row) => ({
    ...{ id: row.id, at: row.at, type: row.type, userId: row.user_id, sessionId: row.session_id },
    ...{ appid: row.appid, openid: row.openid, ip: row.ip, details: JSON.parse(row.details) },
  }));
}
