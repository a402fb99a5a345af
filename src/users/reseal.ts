import type { KeyRing } from '../lib/key-ring.js';
import { open, seal } from '../lib/seal.js';
import type { Database, Sql } from '../sql/database.js';
import { kidOf, readSealed, type SealedRow, sealedPages, sessionKeyPlace } from './sealed-keys.js';

export interface ResealCount {
  /** Looked at so far. */
  readonly identities: number;
  /** Texts, of which an identity has one or two. */
  readonly resealed: number;
  /** Texts that do not open. They stay as they are: their key may come back. */
  readonly closed: number;
  /** Identities that logins changed again and again meanwhile: for the next time. */
  readonly overtaken: number;
}

interface Renewal {
  readonly row: SealedRow;
  readonly current: string;
  readonly previous: string | null;
}

const MAX_ATTEMPTS = 4;

/**
 * Seals every session_key under the ring's first key. May be stopped at any moment and begun again, and run beside gateways:
 * what a login writes is never overwritten.
 *
 * @param onPage is waited for: gateways take their turn meanwhile.
 * @throws AppError SERVICE_UNAVAILABLE; what was done stays done.
 */
export async function reseal(
  database: Database,
  keys: KeyRing,
  onPage: (soFar: ResealCount) => Promise<void> | void = () => undefined,
): Promise<ResealCount> {
  let soFar: ResealCount = { identities: 0, resealed: 0, closed: 0, overtaken: 0 };
  for await (const rows of sealedPages(database)) {
    let resealed = 0;
    let pending: readonly SealedRow[] = rows;
    for (let attempt = 0; attempt < MAX_ATTEMPTS && pending.length > 0; attempt += 1) {
      const written = await renewRows(database, keys, pending);
      resealed += written.resealed;
      pending = written.overtaken.length === 0 ? [] : await readSealed(database, written.overtaken);
    }
    soFar = {
      identities: soFar.identities + rows.length,
      resealed: soFar.resealed + resealed,
      closed: soFar.closed + rows.reduce((count, row) => count + closedTexts(keys, row), 0),
      overtaken: soFar.overtaken + pending.length,
    };
    await onPage(soFar);
  }
  return soFar;
}

async function renewRows(database: Database, keys: KeyRing, rows: readonly SealedRow[]) {
  const renewals = rows.map((row) => renewalOf(keys, row)).filter((renewal) => renewal !== null);
  if (renewals.length === 0) return { resealed: 0, overtaken: [] };
  return database.transaction(async (sql) => {
    const overtaken: string[] = [];
    let resealed = 0;
    for (const renewal of renewals) {
      if (await write(sql, renewal)) resealed += changedTexts(renewal);
      else overtaken.push(renewal.row.id);
    }
    return { resealed, overtaken };
  });
}

/** null when there is nothing to do, or nothing that can be done. */
function renewalOf(keys: KeyRing, row: SealedRow): Renewal | null {
  const renew = (text: string) => {
    if (kidOf(text) === keys.first.kid) return text;
    const sessionKey = open(keys, text, sessionKeyPlace(row));
    return sessionKey === null ? text : seal(keys, sessionKey, sessionKeyPlace(row));
  };
  const previous = row.previous_session_key === null ? null : renew(row.previous_session_key);
  const renewal = { row, current: renew(row.session_key), previous };
  return changedTexts(renewal) === 0 ? null : renewal;
}

function changedTexts({ row, current, previous }: Renewal): number {
  return Number(current !== row.session_key) + Number(previous !== row.previous_session_key);
}

function closedTexts(keys: KeyRing, row: SealedRow): number {
  const texts = [row.session_key, row.previous_session_key].filter((text) => text !== null);
  return texts.filter((text) => open(keys, text, sessionKeyPlace(row)) === null).length;
}

/** Only over what was read. A login may have come in between, and what it wrote is newer. */
async function write(sql: Sql, { row, current, previous }: Renewal): Promise<boolean> {
  const query = sql
    .updateTable('identities')
    .set({ session_key: current, previous_session_key: previous })
    .where('id', '=', row.id)
    .where('session_key', '=', row.session_key);
  const compared =
    row.previous_session_key === null
      ? query.where('previous_session_key', 'is', null)
      : query.where('previous_session_key', '=', row.previous_session_key);
  const result = await compared.executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
