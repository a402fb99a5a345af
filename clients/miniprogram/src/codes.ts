// Names, so that each stands in the file once.
export const UNAUTHENTICATED = 'UNAUTHENTICATED';
export const SERVICE_UNAVAILABLE = 'SERVICE_UNAVAILABLE';
export const RATE_LIMITED = 'RATE_LIMITED';
export const PLATFORM_UNAVAILABLE = 'PLATFORM_UNAVAILABLE';
export const CODE_INVALID = 'CODE_INVALID';
export const INTERRUPTED = 'INTERRUPTED';
export const NETWORK_ERROR = 'NETWORK_ERROR';
export const BAD_ANSWER = 'BAD_ANSWER';

/** What a client waits for. */
export const OUTAGES: readonly string[] = [SERVICE_UNAVAILABLE, RATE_LIMITED, PLATFORM_UNAVAILABLE];

/** Whether it happened is not known, or it did not: where the same again settles it, that is worth a wait, too. */
export const UNSETTLED: readonly string[] = [...OUTAGES, 'TIMEOUT', INTERRUPTED, NETWORK_ERROR];
