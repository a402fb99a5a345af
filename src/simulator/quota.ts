const MINUTE_MS = 60_000;

/** Counts by the minutes of the clock, each app for itself: "retry next minute", says WeChat. */
export interface Quota {
  /** Whether one more is too many. */
  isUsedUp(appid: string): boolean;
}

/** @param perMinute null: there is none */
export function createQuota(perMinute: number | null, now: () => number): Quota {
  let minute = Number.NaN;
  const counts = new Map<string, number>();

  return {
    isUsedUp(appid) {
      if (perMinute === null) return false;
      const thisMinute = Math.floor(now() / MINUTE_MS);
      if (thisMinute !== minute) counts.clear();
      minute = thisMinute;
      const count = (counts.get(appid) ?? 0) + 1;
      counts.set(appid, count);
      return count > perMinute;
    },
  };
}
