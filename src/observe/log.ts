import { type DestinationStream, type Logger, pino } from 'pino';
import { AppError, type ErrorCode } from '../errors.js';

export type Log = Logger;

/** A second net under "nobody logs a secret": these names are blanked wherever a log line carries them. */
const SECRET_NAMES = ['token', 'secret', 'password', 'sessionKey', 'session_key', 'js_code', 'authorization', 'cookie'];

export function createLog(level: string, destination?: DestinationStream): Log {
  const paths = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino({ level, base: null, redact: { paths, censor: '[redacted]' } }, destination ?? pino.destination(1));
}

/** Classes whose messages name things of ours and never quote what somebody sent. */
const SPEAKING_CLASSES = new Set(['TypeError', 'ReferenceError', 'RangeError', 'SqliteError', 'DeadlineError']);

/**
 * What the log says of an error: its class, its code, where it came from. A foreign error's message is kept only where
 * it cannot quote a secret, and its other properties never.
 */
export function describeCause(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { causeClass: error === undefined ? null : typeof error };
  const causeClass = error.constructor.name;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  return {
    causeClass,
    ...(code === null ? {} : { causeCode: code }),
    ...(SPEAKING_CLASSES.has(causeClass) ? { causeMessage: error.message } : {}),
  };
}

function stackFrames(error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  return error.stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
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
  if (!(error instanceof AppError)) {
    const isOurs = code === 'INTERNAL_SERVER_ERROR';
    const line = { ...fields, code, ...describeCause(error), ...(isOurs ? { stack: stackFrames(error) } : {}) };
    return isOurs ? log.error(line, 'failed') : log.info(line, 'refused');
  }
  const line = {
    ...fields,
    code,
    ...(error.reason === undefined ? {} : { reason: error.reason }),
    ...describeCause(error.cause ?? error),
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...error.log,
  };
  if (error.alarm || code === 'INTERNAL_SERVER_ERROR') return log.error(line, error.alarm ? 'misconfigured' : 'failed');
  return QUIET.has(error.code) ? log.warn(line, 'unavailable') : log.info(line, 'refused');
}
