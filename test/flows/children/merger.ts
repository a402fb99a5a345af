import type { KyselyPlugin } from 'kysely';
import type { Config } from '../../../src/config.js';
import { composeGateway, type RunningGateway } from '../../../src/gateway.js';
import type { Database } from '../../../src/sql/database.js';
import { answerCommands } from '../../support/child-side.js';
import { testConfig } from '../../support/test-gateway.js';

// A gateway that kills itself, as kill -9 does, right after a statement of a transaction, or after a commit.

export type Step = 'statement' | 'commit';

let gateway: RunningGateway | null = null;
let steps: Step[] = [];
/** Steps until then; Infinity: never. */
let last = Number.POSITIVE_INFINITY;

async function done(step: Step): Promise<void> {
  steps.push(step);
  if (steps.length < last) return;
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => undefined);
}

const counted: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  transformResult: async ({ result }) => {
    await done('statement');
    return result;
  },
};

const countedDatabase = (database: Database): Database => ({
  ...database,
  transaction: async (work) => {
    const result = await database.transaction((sql, now) => work(sql.withPlugin(counted), now));
    await done('commit');
    return result;
  },
});

process.once('disconnect', () => process.exit());

answerCommands({
  start: async (wechatApiUrl: string, config: Partial<Config>) => {
    gateway = await composeGateway(testConfig({ wechatApiUrl, config }), {
      sweepEveryMs: null,
      logDestination: { write: () => undefined },
      wrapDatabase: countedDatabase,
    });
  },
  /** What it took. Ends the process after so many steps; null: never. */
  merge: async (token: string, input: { code: string; appid: string }, stepsToLive: number | null) => {
    steps = [];
    last = stepsToLive ?? Number.POSITIVE_INFINITY;
    const query = `mutation ($input: LinkIdentityInput!) { linkIdentity(input: $input) { viewer { openid } } }`;
    const answer = await gateway?.app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { authorization: `Bearer ${token}` },
      payload: { query, variables: { input: { ...input, merge: true } } },
    });
    if (answer?.json().errors !== undefined) throw new Error(`the merge was refused: ${answer.body}`);
    return steps;
  },
});
