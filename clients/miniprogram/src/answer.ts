import type { GraphQLFailure, PlatformResponse } from './api.js';
import { BAD_ANSWER, OUTAGES, RATE_LIMITED, SERVICE_UNAVAILABLE, UNAUTHENTICATED } from './codes.js';
import { lowerCase } from './lower-case.js';
import { MenjinError } from './menjin-error.js';

/** What came back, read. */
export interface Answer {
  /** null when nothing came. */
  readonly response: PlatformResponse | null;
  readonly data: unknown;
  /** null when it is good. */
  readonly failure: MenjinError | null;
}

/** The codes a client acts by. Of several failures the one that is first here counts. */
const ACTED_BY: readonly unknown[] = [UNAUTHENTICATED, ...OUTAGES];

interface Body {
  data?: unknown;
  errors?: GraphQLFailure[];
}

export function readAnswer(response: PlatformResponse): Answer {
  const { statusCode, header } = response;
  const { data = null, errors: given } = Object(parse(response.data)) as Body;
  const all = Array.isArray(given) ? given : [];
  const codes = all.map(({ extensions: { code } = {} }) => code);
  // Those of a gateway have a code. What is in between the phone and it says what it likes.
  const errors = codes[0] || statusCode < 500 ? all : [];
  const code =
    statusCode === 401
      ? UNAUTHENTICATED
      : ACTED_BY.find((each) => codes.includes(each)) || codes[0] || codeWithout(statusCode, errors, data);
  if (!code) return { response, data, failure: null };

  const { message = `HTTP ${statusCode}`, extensions = {} } = errors[codes.indexOf(code)] || errors[0] || {};
  const headers = lowerCase(header);
  const failure = new MenjinError(
    code as string,
    message,
    Number(extensions.retryAfterSeconds || headers['retry-after']) || null,
    headers['x-request-id'],
    errors,
    data,
  );
  return { response, data, failure };
}

function parse(data: unknown): unknown {
  try {
    return JSON.parse(data as string);
  } catch {
    // Some platforms have parsed it already.
    return data;
  }
}

/** Of an answer that no gateway has given a code: an outage is no refusal. null when it is good. */
function codeWithout(status: number, errors: readonly unknown[], data: unknown): string | null {
  if (status === 429) return RATE_LIMITED;
  if (status >= 500) return SERVICE_UNAVAILABLE;
  if (errors.length) return 'UNKNOWN';
  return data === null ? BAD_ANSWER : null;
}
