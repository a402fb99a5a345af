import { formatDuration, parseDuration } from './duration.js';

/** So many in each window. */
export interface Rate {
  readonly count: number;
  readonly windowSeconds: number;
}

const MAX_COUNT = 1_000_000_000;
const MAX_WINDOW_SECONDS = 86_400;

/** `<count>/<duration>`, such as `300/1m`: whole seconds, a day at most; null for anything else. */
export function parseRate(text: string): Rate | null {
  const [, digits, duration = ''] = /^(\d{1,10})\/(.+)$/.exec(text) ?? [];
  const count = Number(digits);
  const windowSeconds = (parseDuration(duration) ?? 0) / 1000;
  const isCount = count >= 1 && count <= MAX_COUNT;
  const isWindow = Number.isInteger(windowSeconds) && windowSeconds >= 1 && windowSeconds <= MAX_WINDOW_SECONDS;
  return isCount && isWindow ? { count, windowSeconds } : null;
}

export function formatRate({ count, windowSeconds }: Rate): string {
  return `${count}/${formatDuration(windowSeconds * 1000)}`;
}
