import { type ErrorCode, errorTable } from '../errors.js';
import type { RefusalShape } from './refusals.js';

interface Row {
  readonly status: number;
  /** What wafer2 calls `code`. */
  readonly number: number;
  /** The name that wafer2's server gave it. */
  readonly error?: string;
}

/**
 * wafer2's client logs in again, and sends its request once more, for the number -1 and for the status 401, and for nothing
 * else: both say that the session or the code is no good, and no outage has either.
 */
const rows: Partial<Readonly<Record<ErrorCode, Row>>> = {
  UNAUTHENTICATED: { status: 401, number: -1, error: 'ERR_SKEY_INVALID' },
  BAD_USER_INPUT: { status: 400, number: 1, error: 'ERR_REQUEST_PARAM' },
  UNKNOWN_APP: { status: 400, number: 1 },
  SERVICE_UNAVAILABLE: { status: 503, number: 2 },
  PLATFORM_UNAVAILABLE: { status: 503, number: 2 },
  CODE_INVALID: { status: 401, number: 3 },
  USER_BLOCKED: { status: 403, number: 4 },
  FORBIDDEN: { status: 403, number: 4 },
  RATE_LIMITED: { status: 429, number: 5 },
  INTERNAL_SERVER_ERROR: { status: 500, number: 6 },
};

/** `{ code, error, message, retryAfterSeconds?, requestId? }`. What is not of the table is HTTP's: the request is not well-formed. */
export const inWafersShape: RefusalShape = ({ status: httpStatus, code, message, extensions = {} }) => {
  const { status, number, error = code } = rows[code] ?? { status: httpStatus, number: 1 };
  const { retryAfterSeconds, requestId } = extensions;
  const body = { code: number, error, message: message ?? errorTable[code].message, retryAfterSeconds, requestId };
  return { status, body };
};
