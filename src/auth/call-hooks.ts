import { DeadlineError, withDeadline } from '../lib/deadline.js';
import { describeCause, type Log, stackFrames } from '../observe/log.js';
import type { Ending } from '../sessions/session-ends.js';
import type { EndReason } from '../sessions/session-rows.js';
import type {
  Hooks,
  LoginEvent,
  SessionEndedEvent,
  SessionEndReason,
  UserCreatedEvent,
  UsersMergedEvent,
} from './hooks.js';

/** Calls the hooks. None of these throws. */
export interface HookCalls {
  /** Whether a login may go on. */
  allowsLogin(login: LoginEvent): Promise<boolean>;
  userCreated(created: UserCreatedEvent): void;
  usersMerged(merged: readonly UsersMergedEvent[]): void;
  /** For sessions whose values are gone. Of those that nobody could use nothing is told. */
  sessionsEnded(endings: readonly Ending[]): void;
  /** Waits for what is under way, as long as one call may take. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 5000;
/** So many calls that nobody waits for run at once, and so many wait for their turn. */
const AT_ONCE = 100;
const MAX_WAITING = 10_000;

/** Ends of logins that were never answered. */
const NEVER_ANSWERED: ReadonlySet<EndReason> = new Set<EndReason>(['not stored', 'vetoed', 'identity moved']);

export function createHookCalls(
  hooks: Hooks,
  log: Log,
  { timeoutMs = TIMEOUT_MS, atOnce = AT_ONCE, maxWaiting = MAX_WAITING } = {},
): HookCalls {
  const waiting: (() => Promise<unknown>)[] = [];
  let underWay = 0;
  let isDropping = false;
  let onIdle = (): void => undefined;

  /** undefined when it failed. */
  async function call<T>(hook: keyof Hooks, work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await withDeadline(Promise.resolve().then(work), timeoutMs);
    } catch (error) {
      const stack = error instanceof DeadlineError ? {} : { stack: stackFrames(error) };
      log.error({ hook, ...describeCause(error), ...stack }, 'a hook failed: what it was told of goes on');
      return undefined;
    }
  }

  function enqueue(hook: keyof Hooks, work: () => unknown): void {
    if (waiting.length >= maxWaiting) {
      if (!isDropping) log.error({ hook }, 'hooks are too slow: some are not called');
      isDropping = true;
      return;
    }
    waiting.push(() => call(hook, work));
    startNext();
  }

  function startNext(): void {
    if (underWay >= atOnce) return;
    const next = waiting.shift();
    if (next === undefined) {
      if (underWay > 0) return;
      isDropping = false;
      onIdle();
      return;
    }
    underWay += 1;
    void next().then(() => {
      underWay -= 1;
      startNext();
    });
  }

  return {
    allowsLogin: async (login) => {
      if (hooks.onLogin === undefined) return true;
      return (await call('onLogin', () => hooks.onLogin?.(login))) !== false;
    },
    userCreated: (created) => {
      if (hooks.onUserCreated !== undefined) enqueue('onUserCreated', () => hooks.onUserCreated?.(created));
    },
    usersMerged: (merged) => {
      if (hooks.onUsersMerged === undefined) return;
      for (const each of merged) enqueue('onUsersMerged', () => hooks.onUsersMerged?.(each));
    },
    sessionsEnded: (endings) => {
      if (hooks.onSessionEnded === undefined) return;
      for (const ending of endings) {
        const ended = endedEvent(ending);
        if (ended !== null) enqueue('onSessionEnded', () => hooks.onSessionEnded?.(ended));
      }
    },
    close: async () => {
      if (underWay === 0) return;
      const idle = new Promise<void>((resolve) => {
        onIdle = resolve;
      });
      await withDeadline(idle, timeoutMs).catch((error) =>
        log.error({ ...describeCause(error), left: waiting.length }, 'hooks are too slow: some are not called'),
      );
      waiting.length = 0;
    },
  };
}

/** null for one that nobody could use. Of what somebody left unfinished that is not known: better told once more. */
function endedEvent({ sid, userId, reason, wasLive, isNew }: Ending): SessionEndedEvent | null {
  if (NEVER_ANSWERED.has(reason) || (isNew && !wasLive)) return null;
  return { sessionId: sid, userId, reason: reason as SessionEndReason };
}
