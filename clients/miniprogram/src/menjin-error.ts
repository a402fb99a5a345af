import type { GraphQLFailure } from './api.js';

/**
 * A failure with a code: one of the gateway's, or `DOMAIN_NOT_LISTED`, `TIMEOUT`, `INTERRUPTED`, `NETWORK_ERROR`,
 * `BAD_ANSWER`, `LOGIN_FAILED`, `LOGGED_OUT`, `QUEUE_FULL`, or `UNKNOWN` for an error without one.
 */
export class MenjinError extends Error {
  /**
   * @param code what to go by; the message is for developers
   * @param retryAfterSeconds how long to wait before the next try; null when that was not said
   * @param requestId finds the gateway's log line; null when nothing was answered
   * @param errors all errors of the answer
   * @param data what was answered beside the errors, or null
   */
  constructor(
    readonly code: string,
    message: string,
    readonly retryAfterSeconds: number | null = null,
    readonly requestId: string | null = null,
    readonly errors: readonly GraphQLFailure[] = [],
    readonly data: unknown = null,
  ) {
    super(message);
    this.name = 'MenjinError';
  }
}
