import { createRequire } from 'node:module';
import type * as Package from 'rate-limiter-flexible';

const require = createRequire(import.meta.url);

/** Loaded when something is counted: a start with all of its databases takes 25 ms longer. */
export function rateLimiters(): typeof Package {
  return require('rate-limiter-flexible');
}
