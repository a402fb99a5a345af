import { lengthPrefixed } from '../lib/bytes.js';
import type { KeyRing } from '../lib/key-ring.js';
import { open } from '../lib/seal.js';
import type { Database, Sql } from '../sql/database.js';

/** What a sealed session_key is bound to: in the row of another identity it does not open. */
export function sessionKeyPlace(identity: {
  readonly tenant: string;
  readonly platform: string;
  readonly appid: string;
  readonly openid: string;
}): Uint8Array {
  return lengthPrefixed([identity.tenant, identity.platform, identity.appid, identity.openid]);
}

/** The session_keys that one server key has sealed. */
export interface SealedCount {
  /** null: the stored text is of no form of ours. */
  readonly kid: string | null;
  readonly current: number;
  readonly previous: number;
  /** How many of them do not open: the ring has no such key, or the text was changed, or moved to another row. */
  readonly closed: number;
}

/** An identity as stored, its session_keys sealed. */
export interface SealedRow {
  readonly id: string;
  readonly tenant: string;
  readonly platform: string;
  readonly appid: string;
  readonly openid: string;
  readonly session_key: string;
  readonly previous_session_key: string | null;
}

/** So few that what is done with them in one transaction makes no login wait for long. */
const PAGE_ROWS = 100;

/**
 * Reads every identity, and tries to open what it has.
 *
 * @throws AppError SERVICE_UNAVAILABLE
 */
export async function countSealed(
  database: Database,
  keys: KeyRing,
  onPage: (identities: number) => void = () => undefined,
): Promise<SealedCount[]> {
  const counts = new Map<string | null, SealedCount>();
  let identities = 0;
  for await (const rows of sealedPages(database)) {
    for (const row of rows) {
      note(counts, keys, row, 'current', row.session_key);
      if (row.previous_session_key !== null) note(counts, keys, row, 'previous', row.previous_session_key);
    }
    identities += rows.length;
    onPage(identities);
  }
  return [...counts.values()];
}

function note(
  counts: Map<string | null, SealedCount>,
  keys: KeyRing,
  row: SealedRow,
  column: 'current' | 'previous',
  text: string,
): void {
  const kid = kidOf(text);
  const count = counts.get(kid) ?? { kid, current: 0, previous: 0, closed: 0 };
  const isClosed = open(keys, text, sessionKeyPlace(row)) === null;
  counts.set(kid, { ...count, [column]: count[column] + 1, closed: count.closed + Number(isClosed) });
}

/** All identities that are there at the beginning, in reads of which none is long. */
export async function* sealedPages(database: Database): AsyncGenerator<readonly SealedRow[]> {
  for (let after = ''; ; ) {
    const from = after;
    const rows = await database.query((sql) =>
      selectSealed(sql).where('id', '>', from).orderBy('id').limit(PAGE_ROWS).execute(),
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last.id;
  }
}

export function readSealed(database: Database, ids: readonly string[]): Promise<readonly SealedRow[]> {
  return database.query((sql) => selectSealed(sql).where('id', 'in', ids).execute());
}

function selectSealed(sql: Sql) {
  return sql
    .selectFrom('identities')
    .select(['id', 'tenant', 'platform', 'appid', 'openid', 'session_key', 'previous_session_key']);
}

/** The name of the key that a text is sealed under; null for no text of ours. */
export function kidOf(sealedText: string): string | null {
  return /^v1\.([0-9a-f]{8})\./.exec(sealedText)?.[1] ?? null;
}
