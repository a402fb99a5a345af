import { createRecent } from '../lib/recent.js';
import type { SessionStore } from './session-store.js';
import type { SessionValue } from './session-value.js';

type Found = SessionValue | null | 'corrupt';

/** What requests read, for at most a second each. A login reads its store: it must see what is there now. */
export interface SessionCache {
  /**
   * As the store answers, or answered less than a second ago: what is at hand is given at once. One read serves those who
   * ask for the same.
   * @throws AppError SERVICE_UNAVAILABLE, which is never remembered
   */
  get(tokenHash: string): Found | Promise<Found>;
  /** Whoever asks from now on is answered by a read that begins from now on. */
  drop(tokenHashes: readonly string[]): void;
}

/** What ends in another process is refused here after this, told or not. */
const MAX_AGE_MS = 1000;

/** Of tokens that nobody issued any number may come. They take no place from those that somebody did. */
const MAX_MISSING = 1000;

/** A clock that stops while the machine sleeps, and one that can be set: what has no age by either is not used. */
interface Moment {
  readonly elapsedMs: number;
  readonly wallMs: number;
}

interface Entry {
  /** When the read began: what it saw may have changed any time after. */
  readonly since: Moment;
  readonly found: Found;
}

interface Read {
  readonly since: Moment;
  readonly answer: Promise<Found>;
}

export function createSessionCache(parts: {
  store: Pick<SessionStore, 'get'>;
  /** 0: every request asks the store itself. */
  maxEntries: number;
  /** The clock on the wall, in ms. */
  now: () => number;
  /** A clock that is never set, in ms. */
  elapsedMs: () => number;
}): SessionCache {
  const { store, maxEntries, now, elapsedMs } = parts;
  if (maxEntries === 0) return { get: (tokenHash) => store.get(tokenHash), drop: () => undefined };
  const sessions = createRecent<Entry>(maxEntries);
  const missing = createRecent<Entry>(Math.min(maxEntries, MAX_MISSING));
  const reads = new Map<string, Read>();

  function keep(tokenHash: string, entry: Entry): void {
    const isSession = typeof entry.found === 'object' && entry.found !== null;
    const [its, other] = isSession ? [sessions, missing] : [missing, sessions];
    other.delete(tokenHash);
    its.put(tokenHash, entry);
  }

  function read(tokenHash: string, since: Moment): Promise<Found> {
    const mine: Read = { since, answer: store.get(tokenHash) };
    reads.set(tokenHash, mine);
    /** False when it was dropped, or a younger one has taken its place. */
    const leave = () => reads.get(tokenHash) === mine && reads.delete(tokenHash);
    mine.answer.then((found) => {
      if (leave()) keep(tokenHash, { since, found });
    }, leave);
    return mine.answer;
  }

  return {
    get: (tokenHash) => {
      const at = { elapsedMs: elapsedMs(), wallMs: now() };
      const kept = sessions.get(tokenHash) ?? missing.get(tokenHash);
      if (kept !== undefined && isYoung(kept.since, at) && !mayHaveMoved(kept.found, at)) return kept.found;
      const underWay = reads.get(tokenHash);
      if (underWay !== undefined && isYoung(underWay.since, at)) return underWay.answer;
      return read(tokenHash, at);
    },
    drop: (tokenHashes) => {
      for (const tokenHash of tokenHashes) {
        sessions.delete(tokenHash);
        missing.delete(tokenHash);
        // Its own requests get its answer; it began before they could know better.
        reads.delete(tokenHash);
      }
    },
  };
}

function isYoung(since: Moment, at: Moment): boolean {
  return isAge(at.elapsedMs - since.elapsedMs) && isAge(at.wallMs - since.wallMs);
}

/** Below zero the clock was set back: how old it is, nobody knows. */
function isAge(ms: number): boolean {
  return ms >= 0 && ms < MAX_AGE_MS;
}

/** Its idle end has come, by what was read: a use in another process may have moved it since. */
function mayHaveMoved(found: Found, { wallMs }: Moment): boolean {
  return typeof found === 'object' && found !== null && wallMs >= found.until;
}
