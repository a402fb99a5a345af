import { DeadlineError } from '../lib/deadline.js';
import { NewerDatabaseError } from './migrations/index.js';
import { PostgresUnavailableError, sqlState, UnloggedTableError } from './postgres-errors.js';

const READ_ONLY = 'the file or its folder may not be written';

/** By the code of SQLite or of the file system. */
const SQLITE_REASONS: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: 'it is no SQLite database (it was left as it is)',
  SQLITE_CORRUPT: 'it is damaged (it was left as it is)',
  SQLITE_ERROR: 'its tables are damaged, or of another program (it was left as it is)',
  SQLITE_READONLY: READ_ONLY,
  SQLITE_FULL: 'the disk is full',
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  EROFS: READ_ONLY,
  ENOSPC: 'the disk is full',
  EISDIR: 'it is a folder',
  EEXIST: 'a part of its path is a file, where a folder should be',
  ENOTDIR: 'a part of its path is a file, where a folder should be',
};

/** The driver gives no code when it cannot open a file at all. */
const CANNOT_OPEN = 'it cannot be opened or made: is its folder writable?';

/** Why a SQLite file cannot be used: the rest of a sentence, without its path. */
export function sqliteReason(error: unknown): string {
  if (error instanceof NewerDatabaseError) return error.message;
  if (error instanceof DeadlineError) return 'another process holds it';
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || code === '') return CANNOT_OPEN;
  // SQLITE_READONLY_DIRECTORY and its like: the first two words are the kind.
  const kind = code.split('_').slice(0, 2).join('_');
  return SQLITE_REASONS[kind] ?? code;
}

const NO_ANSWER = 'it does not answer';
const NOT_TRUSTED = 'its certificate is not trusted (NODE_EXTRA_CA_CERTS names others that are)';

/** By the code of the server, of the network or of TLS. */
const POSTGRES_REASONS: Readonly<Record<string, string>> = {
  SQLSTATE_28000: 'it refuses the user',
  SQLSTATE_28P01: 'it refuses the user or the password',
  SQLSTATE_3D000: 'there is no such database',
  SQLSTATE_42501: 'the user may not make or change the tables',
  SQLSTATE_25006: 'it is read-only: is it a replica?',
  SQLSTATE_53300: 'it takes no more connections',
  SQLSTATE_57P03: 'it is not ready',
  SQLSTATE_57014: 'another process holds its tables',
  ECONNREFUSED: 'nobody listens at its address',
  ENOENT: 'nobody listens at its address',
  ENOTFOUND: 'its host is not known',
  EAI_AGAIN: 'its host is not known',
  NO_TLS: 'it speaks no TLS, which sslmode asks for',
  NO_PASSWORD: 'it asks for a password',
  TIMEOUT: NO_ANSWER,
  CONNECTION_LOST: 'it ends the connection',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is of another host',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED,
};

/** Why a PostgreSQL cannot be used: the rest of a sentence, without anything of its URL. */
export function postgresReason(error: unknown): string {
  if (error instanceof NewerDatabaseError || error instanceof UnloggedTableError) return error.message;
  if (error instanceof DeadlineError) return NO_ANSWER;
  const code = error instanceof PostgresUnavailableError ? error.code : `SQLSTATE_${sqlState(error)}`;
  return POSTGRES_REASONS[code] ?? code;
}
