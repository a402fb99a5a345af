export interface ErrorRow {
  httpStatus: number;
  /** What the person who sent the request reads. Echoes nothing they sent. */
  message: string;
  /** What a client does about it. */
  client: string;
}

/** Every failure menjin answers with. `extensions.code` is the key; docs, status and message come from the row. */
export const errorTable = {
  UNAUTHENTICATED: {
    httpStatus: 401,
    message: 'Log in first: this needs a viewer, and the token names no session.',
    client: 'logs in again, once',
  },
  SERVICE_UNAVAILABLE: {
    httpStatus: 503,
    message: 'A store did not answer in time. Keep the token and send the same again.',
    client: 'keeps its token, sends the same again after `retryAfterSeconds`',
  },
  CODE_INVALID: {
    httpStatus: 200,
    message: 'The code is invalid or was used before. Call wx.login again for a new one.',
    client: 'calls wx.login again, once',
  },
  USER_BLOCKED: {
    httpStatus: 200,
    message: 'This user is blocked.',
    client: 'tells the person',
  },
  RATE_LIMITED: {
    httpStatus: 429,
    message: 'Too many requests. Wait before the next one.',
    client: 'waits `retryAfterSeconds`',
  },
  PLATFORM_UNAVAILABLE: {
    httpStatus: 503,
    message: 'The platform did not give a usable answer. Wait, then try again, with a new code if one was sent.',
    client: 'waits, then a new code',
  },
  UNKNOWN_APP: {
    httpStatus: 200,
    message: 'No app of this deployment has that appid.',
    client: 'fixes the call',
  },
  BAD_USER_INPUT: {
    httpStatus: 400,
    message: 'An argument is not of the required form.',
    client: 'fixes the call',
  },
  FORBIDDEN: {
    httpStatus: 200,
    message: 'The viewer may not do this.',
    client: 'tells the person',
  },
  WRONG_CREDENTIALS: {
    httpStatus: 200,
    message: 'The username or the password is wrong.',
    client: 'asks the person again',
  },
  USERNAME_TAKEN: {
    httpStatus: 200,
    message: 'Somebody has this username. Choose another one.',
    client: 'asks for another username',
  },
  WEAK_PASSWORD: {
    httpStatus: 200,
    message: 'This password is too easy to guess, too short or too long.',
    client: 'shows why (`reason`: `TOO_SHORT`, `TOO_LONG` or `COMMON`) and asks for another one',
  },
  IDENTITY_TAKEN: {
    httpStatus: 200,
    message: 'This identity belongs to another user.',
    client: 'asks the person whether to join both users, and sends a new code with `merge: true` when `mergeable`',
  },
  LAST_IDENTITY: {
    httpStatus: 200,
    message: 'This is the only identity of the user, who could not log in without it.',
    client: 'links another one first',
  },
  OPEN_DATA_REFUSED: {
    httpStatus: 200,
    message: 'The data could not be opened, or is not about this viewer.',
    client:
      'logs in again, then fetches new data and sends that (`action`: `LOGIN_AGAIN`), or fixes what it sends (`FIX_INPUT`)',
  },
  PERSISTED_QUERY_NOT_FOUND: {
    httpStatus: 400,
    message: 'Only trusted documents are answered here, and this is none: it stands in no manifest of the operator.',
    client: 'sends the text, where `DOCUMENTS` allows that; else asks for the manifest to be brought up to date',
  },
  BAD_REQUEST: {
    httpStatus: 400,
    message: 'The request is not one this server understands.',
    client: 'fixes the call',
  },
  NOT_FOUND: {
    httpStatus: 404,
    message: 'There is nothing here.',
    client: 'fixes the call',
  },
  INTERNAL_SERVER_ERROR: {
    httpStatus: 500,
    message: 'Something went wrong on our side. The requestId finds it in the log.',
    client: 'reports `requestId`',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

export interface AppErrorOptions {
  /** Replaces the row's message. Never with anything the client sent. */
  message?: string;
  /** Goes to the client as `extensions.reason`. */
  reason?: string;
  /** Goes to the client as `extensions.mergeable`: whether linkIdentity with `merge: true` would join both users. */
  mergeable?: boolean;
  /** Goes to the client as `extensions.action`: what it does about data that was refused. */
  action?: 'LOGIN_AGAIN' | 'FIX_INPUT';
  /** Goes to the client as `extensions.retryAfterSeconds`, and as Retry-After. */
  retryAfterSeconds?: number;
  /** For the log only: what happened, without anything secret. */
  detail?: string;
  /** For the log only: numbers and names an operator searches by (`errcode`, `rid`). */
  log?: Readonly<Record<string, string | number | boolean | null>>;
  /** True when an operator must act (a wrong app secret): the log line is an error. */
  alarm?: boolean;
  cause?: unknown;
}

/**
 * A failure with a code of the table. The message is public; `detail`, `log` and `cause` are for the log.
 * Thrown by a resolver of any GraphQL server it is answered with its code and status: graphql-js copies `extensions`, and
 * servers read `extensions.http`.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly reason: string | undefined;
  readonly mergeable: boolean | undefined;
  readonly action: AppErrorOptions['action'] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly detail: string | undefined;
  readonly log: Readonly<Record<string, string | number | boolean | null>>;
  readonly alarm: boolean;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? errorTable[code].message, { cause: options.cause });
    this.code = code;
    this.reason = options.reason;
    this.mergeable = options.mergeable;
    this.action = options.action;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.detail = options.detail;
    this.log = options.log ?? {};
    this.alarm = options.alarm ?? false;
  }

  /** Shape: `{ code, reason?, mergeable?, action?, retryAfterSeconds?, http: { status } }`. */
  get extensions(): Readonly<Record<string, unknown>> {
    return { ...publicExtensions(this), http: { status: errorTable[this.code].httpStatus } };
  }
}

/** What a client may read beside the message. */
export function publicExtensions({
  code,
  reason,
  mergeable,
  action,
  retryAfterSeconds,
}: AppError): Record<string, unknown> {
  return {
    code,
    ...(reason === undefined ? {} : { reason }),
    ...(mergeable === undefined ? {} : { mergeable }),
    ...(action === undefined ? {} : { action }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** A store that did not answer, or answered that it cannot: what happened is not known, and the same request settles it. */
export function storeUnavailable(store: 'sql' | 'sessions', cause: unknown, retryAfterSeconds = 1): AppError {
  return new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds, cause, log: { store } });
}
