/** How often a race is tried: the smallest count that still fails when its guard is off, or the full one of `npm run soak`. */
export function rounds(small: number, full: number): number {
  return process.env.SOAK === '1' ? full : small;
}
