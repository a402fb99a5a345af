import { setTimeout as wait } from 'node:timers/promises';
import { type ReconcileCount, reconcile } from '../auth/reconcile.js';
import type { Arguments } from './arguments.js';
import { endingWith } from './ending-with.js';
import { createProgress } from './progress.js';
import { type StoreCommand, withStores } from './with-stores.js';

/** Between two batches running gateways have their turn. */
const PAUSE_MS = 1;

/** `menjin sessions reconcile`: after a backup was brought back, deletes what is in the session store and names no open session. */
export function reconcileSessions({ flags }: Arguments, command: StoreCommand): Promise<number> {
  const isTrial = flags.has('dry-run');
  return withStores(command, ['DATABASE_URL', 'SESSION_STORE_URL'], async (stores) => {
    const say = createProgress(command.err);
    const onBatch = async (soFar: ReconcileCount) => {
      say(() => `${describe(soFar, isTrial)} ...`);
      await wait(PAUSE_MS);
    };
    const done = await endingWith(stores, (parts) => reconcile(parts, { isTrial, onBatch }));
    command.out.write(`${describe(done, isTrial)}.\n`);
    return 0;
  });
}

function describe({ values, deleted }: ReconcileCount, isTrial: boolean): string {
  return `${values} values looked at, ${deleted} of no open session ${isTrial ? 'found' : 'deleted'}`;
}
