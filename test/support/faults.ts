import { AppError } from '../../src/errors.js';
import type { SessionStore } from '../../src/sessions/session-store.js';
import type { Database } from '../../src/sql/database.js';

/** What happens to one call of a store. */
export type Fault =
  | 'pass'
  /** The call is never made. */
  | 'fail before'
  /** The call is made and its answer is lost. */
  | 'fail after'
  | HeldCall
  | LateCall;

/** A call whose caller is told that it failed, and that is made all the same when it is let go. */
export interface LateCall {
  readonly when: 'late';
  /** Makes the call; resolves when it is done. */
  land(): Promise<void>;
  work: () => Promise<unknown>;
}

export function late(): LateCall {
  const call: LateCall = {
    when: 'late',
    work: () => Promise.reject(new Error('the call was never asked for')),
    land: async () => {
      await call.work();
    },
  };
  return call;
}

/** A call that waits, before it is made or before its answer is seen, until it is let go. */
export interface HeldCall {
  readonly when: 'before' | 'after';
  /** Resolves when a call has come this far. */
  readonly arrived: Promise<void>;
  arrive(): void;
  /** Lets it go on, or makes it fail from here. */
  release(outcome?: 'fail'): void;
  readonly released: Promise<'fail' | undefined>;
}

export function hold(when: HeldCall['when']): HeldCall {
  const arrival = deferred<void>();
  const release = deferred<'fail' | undefined>();
  return {
    when,
    arrived: arrival.promise,
    arrive: arrival.resolve,
    release: release.resolve,
    released: release.promise,
  };
}

export function deferred<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Faults for the next calls of each name, in order; calls beyond the plan pass. */
export interface Faults {
  plan(call: string, ...faults: Fault[]): void;
  /** Every later call of this name meets this fault, until `always(call, 'pass')`. */
  always(call: string, fault: 'pass' | 'fail before' | 'fail after'): void;
  /** From now on every call passes. */
  clear(): void;
  /** Names of all calls made through here, in order. */
  readonly calls: string[];
  run<T>(call: string, work: () => Promise<T>): Promise<T>;
}

export function createFaults(): Faults {
  const plans = new Map<string, Fault[]>();
  const standing = new Map<string, Fault>();
  const calls: string[] = [];
  return {
    calls,
    plan: (call, ...faults) => {
      plans.set(call, [...(plans.get(call) ?? []), ...faults]);
    },
    always: (call, fault) => {
      standing.set(call, fault);
    },
    clear: () => {
      plans.clear();
      standing.clear();
    },
    run: async (call, work) => {
      calls.push(call);
      const fault = plans.get(call)?.shift() ?? standing.get(call) ?? 'pass';
      if (fault === 'fail before') throw lost();
      if (fault === 'pass') return work();
      if (fault === 'fail after') {
        await work();
        throw lost();
      }
      if (fault.when === 'late') {
        fault.work = work;
        throw lost();
      }
      if (fault.when === 'before') {
        fault.arrive();
        if ((await fault.released) === 'fail') throw lost();
        return work();
      }
      const result = await work();
      fault.arrive();
      if ((await fault.released) === 'fail') throw lost();
      return result;
    },
  };
}

/** Searched for in everything a gateway gives out. */
export const CAUSE_CANARY = 'CANARY-in-the-cause-of-an-error';

function lost(): AppError {
  // Drivers put connection strings and values into what they throw.
  const cause = Object.assign(new Error(`lost redis://user:${CAUSE_CANARY}@host`), { command: CAUSE_CANARY });
  return new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 1, cause });
}

export function faultySessionStore(faults: Faults): (store: SessionStore) => SessionStore {
  return (store) => ({
    get: (key) => faults.run('get', () => store.get(key)),
    set: (key, value, now) => faults.run('set', () => store.set(key, value, now)),
    replace: (key, value, now) => faults.run('replace', () => store.replace(key, value, now)),
    delete: (key) => faults.run('delete', () => store.delete(key)),
    deleteAll: (keys) => faults.run('deleteAll', () => store.deleteAll(keys)),
    sweep: (now, limit) => faults.run('sweep', () => store.sweep(now, limit)),
    scan: () => store.scan(),
    refusal: () => store.refusal(),
    close: () => store.close(),
  });
}

export function faultyDatabase(faults: Faults): (database: Database) => Database {
  return (database) => ({
    query: (work) => faults.run('query', () => database.query(work)),
    transaction: (work) => faults.run('transaction', () => database.transaction(work)),
    close: () => database.close(),
  });
}
