import { randomId } from '../lib/random.js';
import type { Sql } from '../sql/database.js';
import type { AuditEvent } from './events.js';

/** Writes down what happened, in the transaction in which it happens: both are kept, or neither. */
export async function recordEvent(sql: Sql, now: number, event: AuditEvent): Promise<void> {
  await sql
    .insertInto('audit_events')
    .values({
      id: randomId(),
      at: now,
      type: event.type,
      user_id: event.userId ?? null,
      session_id: event.sessionId ?? null,
      appid: event.appid ?? null,
      openid: event.openid ?? null,
      ip: event.ip ?? null,
      details: JSON.stringify(event.details ?? {}),
    })
    .execute();
}
