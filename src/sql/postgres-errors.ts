/**
 * PostgreSQL did not answer, or answered that it cannot. Holds nothing of the driver's error but its code: the rest quotes
 * values and addresses.
 */
export class PostgresUnavailableError extends Error {
  override readonly name = 'PostgresUnavailableError';
  /** For the log and for tables: `SQLSTATE_57P01`, `ECONNREFUSED` or `CONNECTION_LOST`. */
  readonly code: string;
  /** True when the server has answered and the connection goes on: only the statement, or its transaction, came to nothing. */
  readonly keepsConnection: boolean;

  constructor(code: string, keepsConnection: boolean) {
    super(`PostgreSQL cannot answer: ${code}`);
    this.code = code;
    this.keepsConnection = keepsConnection;
  }
}

/** A table that a crash of the server empties, without a word. */
export class UnloggedTableError extends Error {
  override readonly name = 'UnloggedTableError';
}

/**
 * SQLSTATEs of "cannot answer now", in contrast to a wrong statement or a violated constraint: connection (08), resources
 * (53), an operator (57), the system under it (58), itself (XX); no authorization (28), no such database (3D); a deadlock
 * (40), a lock that was not to be had (55P03), a replica (25006), a transaction that took too long (25P03, 25P04); a table
 * that is missing (42P01) or forbidden (42501).
 */
const UNAVAILABLE = /^(08|28|3D|40|53|57|58|XX|55P03|25006|25P03|25P04|42P01|42501)/;

const CONFLICT = /^SQLSTATE_40/;

/** PostgreSQL's five characters; null for errors that are none of the server's. */
export function sqlState(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('severity' in error) || !('code' in error)) return null;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : null;
}

/** What the driver threw, as the gateway speaks of it: a wrong statement or a violated constraint stays as it is. */
export function postgresError(error: unknown): unknown {
  if (error instanceof PostgresUnavailableError) return error;
  const state = sqlState(error);
  if (state === null) return new PostgresUnavailableError(networkCode(error), false);
  if (!UNAVAILABLE.test(state)) return error;
  return new PostgresUnavailableError(`SQLSTATE_${state}`, (error as { severity: unknown }).severity === 'ERROR');
}

/** Another transaction was in the way, and this one has left nothing: tried again it may succeed. */
export function isConflict(error: unknown): boolean {
  return error instanceof PostgresUnavailableError && CONFLICT.test(error.code);
}

const DRIVER_WORDS: readonly (readonly [code: string, words: RegExp])[] = [
  ['NO_TLS', /does not support SSL/],
  ['NO_PASSWORD', /password must be/],
  ['TIMEOUT', /timeout|timed out/i],
];

function networkCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code)) return code;
  // The driver's own words; it has no code for them.
  const { message } = error as { message?: unknown };
  const [word = 'CONNECTION_LOST'] =
    DRIVER_WORDS.find(([, words]) => typeof message === 'string' && words.test(message)) ?? [];
  return word;
}
