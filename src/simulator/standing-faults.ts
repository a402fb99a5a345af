import { type ApiPath, apiPaths } from './api-paths.js';
import type { Fault } from './faults.js';

interface Standing {
  readonly fault: Fault | null;
  timesLeft: number;
}

/** What was ordered for the calls to come of one API. */
export interface StandingFaults {
  /** @param appid null: of every app, and what was ordered for one alone is forgotten */
  order(fault: Fault | null, times: number, appid: string | null): void;
  /** What happens to the call that has just come; counts it. */
  next(appid: string): Fault | null;
}

export type StandingFaultsByPath = Readonly<Record<ApiPath, StandingFaults>>;

export function createStandingFaultsByPath(): StandingFaultsByPath {
  return Object.fromEntries(apiPaths.map((path) => [path, createStandingFaults()])) as unknown as StandingFaultsByPath;
}

function createStandingFaults(): StandingFaults {
  // One entry for an app, so as many as there are apps.
  const ofOneApp = new Map<string, Standing>();
  let ofEveryApp: Standing = { fault: null, timesLeft: Number.POSITIVE_INFINITY };

  function take(standing: Standing): Fault | null {
    standing.timesLeft -= 1;
    return standing.fault;
  }

  return {
    order(fault, times, appid) {
      const standing = { fault, timesLeft: times };
      if (appid !== null) {
        ofOneApp.set(appid, standing);
        return;
      }
      ofOneApp.clear();
      ofEveryApp = standing;
    },

    next(appid) {
      const own = ofOneApp.get(appid);
      if (own !== undefined && own.timesLeft > 0) return take(own);
      return ofEveryApp.timesLeft > 0 ? take(ofEveryApp) : null;
    },
  };
}
