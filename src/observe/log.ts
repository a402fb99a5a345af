import { types } from 'node:util';
import { type DestinationStream, type Logger, pino } from 'pino';
import { AppError, type ErrorCode } from '../errors.js';

export type Log = Logger;

/** A second net under "nobody logs a secret": these names are blanked wherever a log line carries them. */
const SECRET_NAMES = ['token', 'secret', 'password', 'sessionKey', 'session_key', 'js_code', 'authorization', 'cookie'];

/** Lines wait here when nobody reads them fast enough; those beyond it are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Not synchronous: a reader of the log that stops reading must not stop the requests. */
function stdout(): DestinationStream {
  return pino.destination({ dest: 1, sync: false, maxLength: MAX_WAITING_BYTES });
}

export function createLog(level: string, destination?: DestinationStream): Log {
  const paths = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino({ level, base: null, redact: { paths, censor: '[redacted]' } }, destination ?? stdout());
}

/**
 * Classes whose messages name things of ours and never quote what somebody sent. TypeError is none of them: "Cannot use
 * 'in' operator to search for 'x' in ..." quotes the value.
 */
const SPEAKING_CLASSES = new Set(['ReferenceError', 'SqliteError', 'DeadlineError']);

/** ECONNREFUSED, FST_ERR_CTP_BODY_TOO_LARGE and the like: a name, not a value. */
const CODE = /^[A-Z][A-Z0-9_]{2,63}$/;

/** Also one from another realm, as Node's own are under a test runner. */
function isError(error: unknown): error is Error {
  return error instanceof Error || types.isNativeError(error);
}

/**
 * What the log says of an error: its class, its code, where it came from. A foreign error's message is kept only where
 * it cannot quote a secret, and its other properties never.
 */
export function describeCause(error: unknown): Record<string, unknown> {
  if (!isError(error)) return { causeClass: error === undefined ? null : typeof error };
  const causeClass = error.constructor.name;
  const code = 'code' in error && typeof error.code === 'string' && CODE.test(error.code) ? error.code : null;
  return {
    causeClass,
    ...(code === null ? {} : { causeCode: code }),
    ...(SPEAKING_CLASSES.has(causeClass) ? { causeMessage: error.message } : {}),
  };
}

const FRAME = /^ {4}at .*:\d+:\d+\)?$/;

/** Where it came from. A stack begins with the message, of which a line may look like a frame. */
export function stackFrames(error: unknown): string[] {
  if (!isError(error) || typeof error.stack !== 'string') return [];
  const messageAt = error.stack.indexOf(error.message);
  const frames = messageAt === -1 ? error.stack : error.stack.slice(messageAt + error.message.length);
  return frames
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, 12)
    .map((line) => line.trim());
}

const QUIET: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SERVICE_UNAVAILABLE',
  'PLATFORM_UNAVAILABLE',
  'RATE_LIMITED',
]);

/** One line for one failed request. `code` is what the client was told. */
export function logFailure(log: Log, code: string, error: unknown, fields: Record<string, unknown>): void {
  const known = error instanceof AppError ? error : null;
  const isOurs = code === 'INTERNAL_SERVER_ERROR';
  const line = {
    ...fields,
    code,
    ...(known?.reason === undefined ? {} : { reason: known.reason }),
    ...describeCause(known?.cause ?? error),
    ...(known?.detail === undefined ? {} : { detail: known.detail }),
    ...(isOurs && known?.alarm !== true ? { stack: stackFrames(known?.cause ?? error) } : {}),
    ...known?.log,
  };
  if (known?.alarm) log.error(line, 'misconfigured');
  else if (isOurs) log.error(line, 'failed');
  else if (known !== null && QUIET.has(known.code)) log.warn(line, 'unavailable');
  else log.info(line, 'refused');
}
