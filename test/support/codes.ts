import { randomBytes } from 'node:crypto';

// Apart from the test gateway: children that only send requests need not load one.

/** A fresh code of the stand-in for this openid. */
export function codeOf(openid: string): string {
  return `${openid}.${randomBytes(12).toString('hex')}`;
}

export function freshRequestId(): string {
  return `request-${randomBytes(12).toString('hex')}`;
}
