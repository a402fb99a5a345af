import { AppError } from '../errors.js';
import type { App } from '../platforms/platform.js';

export interface Breaker {
  /**
   * Exchanges a code, unless the app's platform has failed too often: then it is asked once a second only.
   *
   * @throws what `exchange` throws; else, at once, RATE_LIMITED or PLATFORM_UNAVAILABLE with `retryAfterSeconds`.
   */
  run<T>(app: App, exchange: () => Promise<T>): Promise<T>;
  /** What `run` would throw now without asking the platform; null when it would ask. */
  refusal(app: App): AppError | null;
}

export interface BreakerChange {
  readonly app: App;
  readonly isOpen: boolean;
}

const FAILURES_TO_OPEN = 20;
const WITHIN_MS = 30_000;
const PROBE_EVERY_MS = 1000;
/** A platform that hangs fails no exchange before its deadline: by then as many would wait as came in all that time. */
const MAX_UNANSWERED = 250;
/** However slow it answers. */
const MAX_UNDER_WAY = 1000;

interface Circuit {
  /** When the last exchanges in a row failed: at most as many as it takes to open. */
  readonly failedAt: number[];
  lastFailure: AppError | null;
  isOpen: boolean;
  nextProbeAt: number;
  underWay: number;
  /** Good answers so far: what was asked before the last of them says nothing of the platform as it is now. */
  goodAnswers: number;
  /** Of those under way: asked since the last good answer. */
  unanswered: number;
  /** When the first of them was. */
  unansweredSince: number;
}

/**
 * One circuit per app: WeChat's quota belongs to the app.
 *
 * @param now in ms, of a clock that never jumps
 */
export function createBreaker({
  now = () => performance.now(),
  onChange = () => undefined,
}: {
  now?: () => number;
  onChange?: (change: BreakerChange) => void;
} = {}): Breaker {
  const circuits = new Map<App, Circuit>();

  function circuitOf(app: App): Circuit {
    const known = circuits.get(app);
    if (known !== undefined) return known;
    const made: Circuit = {
      failedAt: [],
      lastFailure: null,
      isOpen: false,
      nextProbeAt: 0,
      underWay: 0,
      goodAnswers: 0,
      unanswered: 0,
      unansweredSince: 0,
    };
    circuits.set(app, made);
    return made;
  }

  function fail(app: App, circuit: Circuit, failure: AppError): void {
    circuit.lastFailure = failure;
    if (circuit.isOpen) return;
    circuit.failedAt.push(now());
    if (circuit.failedAt.length > FAILURES_TO_OPEN) circuit.failedAt.shift();
    const [first = 0] = circuit.failedAt;
    if (circuit.failedAt.length < FAILURES_TO_OPEN || now() - first > WITHIN_MS) return;
    circuit.isOpen = true;
    circuit.nextProbeAt = now() + PROBE_EVERY_MS;
    onChange({ app, isOpen: true });
  }

  function succeed(app: App, circuit: Circuit): void {
    circuit.failedAt.length = 0;
    circuit.goodAnswers += 1;
    circuit.unanswered = 0;
    if (!circuit.isOpen) return;
    circuit.isOpen = false;
    onChange({ app, isOpen: false });
  }

  function refusal(app: App): AppError | null {
    const circuit = circuitOf(app);
    const { isOpen, lastFailure, nextProbeAt, unanswered, unansweredSince, underWay } = circuit;
    if (now() < nextProbeAt) {
      const code = lastFailure?.code === 'RATE_LIMITED' ? 'RATE_LIMITED' : 'PLATFORM_UNAVAILABLE';
      if (isOpen) return refusalOf(app, code, 'breaker', lastFailure?.retryAfterSeconds);
      if (unanswered >= MAX_UNANSWERED) {
        // So many at once are a crowd, of which nobody can have an answer yet.
        const isCrowd = now() - unansweredSince < PROBE_EVERY_MS;
        return refusalOf(app, isCrowd ? 'RATE_LIMITED' : 'PLATFORM_UNAVAILABLE', 'many exchanges without an answer');
      }
    }
    return underWay < MAX_UNDER_WAY ? null : refusalOf(app, 'RATE_LIMITED', 'too many exchanges under way');
  }

  return {
    refusal,
    run: async (app, exchange) => {
      const refused = refusal(app);
      if (refused !== null) throw refused;
      const circuit = circuitOf(app);
      if (circuit.isOpen || circuit.unanswered >= MAX_UNANSWERED) circuit.nextProbeAt = now() + PROBE_EVERY_MS;
      circuit.underWay += 1;
      if (circuit.unanswered === 0) circuit.unansweredSince = now();
      circuit.unanswered += 1;
      const { goodAnswers } = circuit;
      // Who was left hanging in an outage learns of it seconds after its end.
      const isOfNow = () => circuit.goodAnswers === goodAnswers;
      try {
        const answer = await exchange();
        succeed(app, circuit);
        return answer;
      } catch (error) {
        if (isFailure(error) && isOfNow()) fail(app, circuit, error);
        if (error instanceof AppError && !isFailure(error)) succeed(app, circuit);
        throw error;
      } finally {
        circuit.underWay -= 1;
        if (isOfNow()) circuit.unanswered -= 1;
      }
    },
  };
}

/** Any other refusal is an answer, and shows that the platform works. */
function isFailure(error: unknown): error is AppError {
  return error instanceof AppError && (error.code === 'RATE_LIMITED' || error.code === 'PLATFORM_UNAVAILABLE');
}

function refusalOf(
  { platform, appid }: App,
  code: 'RATE_LIMITED' | 'PLATFORM_UNAVAILABLE',
  kind: string,
  retryAfterSeconds = 1,
): AppError {
  return new AppError(code, {
    retryAfterSeconds,
    detail: `app ${appid}: the platform was not asked`,
    log: { platform, appid, kind },
  });
}
