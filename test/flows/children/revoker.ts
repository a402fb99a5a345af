import { composeGateway, type RunningGateway } from '../../../src/gateway.js';
import type { SessionStore } from '../../../src/sessions/session-store.js';
import type { Database } from '../../../src/sql/database.js';
import { answerCommands } from '../../support/child-side.js';
import { testConfig } from '../../support/test-gateway.js';

// A gateway that kills itself, as kill -9 does, when a call to a store has done its work and before its answer is seen.

let gateway: RunningGateway | null = null;
/** Calls until then; Infinity: never. */
let callsLeft = Number.POSITIVE_INFINITY;

async function counted<T>(work: () => Promise<T>): Promise<T> {
  const result = await work();
  callsLeft -= 1;
  if (callsLeft > 0) return result;
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

const countedDatabase = (database: Database): Database => ({
  ...database,
  transaction: (work) => counted(() => database.transaction(work)),
});

const countedStore = (store: SessionStore): SessionStore => ({
  ...store,
  delete: (tokenHash) => counted(() => store.delete(tokenHash)),
  deleteAll: (tokenHashes) => counted(() => store.deleteAll(tokenHashes)),
});

async function post(query: string, token: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await gateway?.app.inject({ method: 'POST', url: '/graphql', headers, payload: { query } });
  return answer?.json();
}

process.once('disconnect', () => process.exit());

answerCommands({
  start: async (wechatApiUrl: string, dataDir: string) => {
    gateway = await composeGateway(testConfig({ wechatApiUrl, dataDir }), {
      sweepEveryMs: null,
      logDestination: { write: () => undefined },
      wrapDatabase: countedDatabase,
      wrapSessionStore: countedStore,
    });
  },
  /** Ends the process after that many calls which write. */
  revokeSessions: (token: string, calls: number) => {
    callsLeft = calls;
    return post('mutation { revokeSessions(input: { keepCurrent: false }) { ended } }', token);
  },
});
