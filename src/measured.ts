import { type Metrics, timed } from './observe/metrics.js';
import type { Platform, PlatformName } from './platforms/platform.js';
import type { SessionStore } from './sessions/session-store.js';
import type { Database } from './sql/database.js';

/** The same database, with the time of every call in the metrics. */
export function measuredDatabase(database: Database, { storeSeconds }: Metrics): Database {
  return {
    query: (work) => timed(storeSeconds, { store: 'sql', call: 'query' }, () => database.query(work)),
    transaction: (work) => timed(storeSeconds, { store: 'sql', call: 'transaction' }, () => database.transaction(work)),
    close: () => database.close(),
  };
}

/** The same store, with the time of every call in the metrics. */
export function measuredSessionStore(store: SessionStore, { storeSeconds }: Metrics): SessionStore {
  const call = <R>(name: string, work: () => Promise<R>) =>
    timed(storeSeconds, { store: 'sessions', call: name }, work);
  return {
    get: (tokenHash) => call('get', () => store.get(tokenHash)),
    set: (tokenHash, value, now) => call('set', () => store.set(tokenHash, value, now)),
    replace: (tokenHash, value, now) => call('replace', () => store.replace(tokenHash, value, now)),
    delete: (tokenHash) => call('delete', () => store.delete(tokenHash)),
    deleteAll: (tokenHashes) => call('deleteAll', () => store.deleteAll(tokenHashes)),
    sweep: (now, limit) => call('sweep', () => store.sweep(now, limit)),
    scan: () => store.scan(),
    refusal: () => store.refusal(),
    close: () => store.close(),
  };
}

/** The same platforms, with the time of every exchange in the metrics. */
export function measuredPlatforms(platforms: ReadonlyMap<PlatformName, Platform>, { platformSeconds }: Metrics) {
  const measured = [...platforms.values()].map((platform): [PlatformName, Platform] => [
    platform.name,
    {
      name: platform.name,
      exchange: (app, code) => timed(platformSeconds, { platform: platform.name }, () => platform.exchange(app, code)),
    },
  ]);
  return new Map(measured);
}
