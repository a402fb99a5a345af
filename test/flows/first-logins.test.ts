import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type GatewayProcess, startGatewayProcess } from '../support/processes.js';
import { rounds } from '../support/rounds.js';
import { describeOnEachDatabase, type SharedStores } from '../support/shared-stores.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf } from '../support/test-gateway.js';

/** How many at once. */
const CROWD = rounds(20, 200);

describeOnEachDatabase('the first logins of one person, all at once, in processes of their own', (open) => {
  let wechat: StandInWechat;
  let stores: SharedStores;
  let started: GatewayProcess[];

  beforeEach(async () => {
    wechat = await startStandInWechat();
    stores = await open();
    started = [];
  });
  afterEach(async () => {
    await Promise.all(started.map((process) => process.kill()));
    await stores.close();
    await wechat.close();
  });

  /** As many as one database is made for: on SQLite two of one machine. */
  async function start(): Promise<GatewayProcess[]> {
    const { databaseUrl } = stores.config;
    const shared = { WECHAT_API_URL: wechat.url, SESSIONS_PER_USER: '1000' };
    const env =
      databaseUrl?.kind === 'postgres'
        ? { DATABASE_URL: databaseUrl.url, SESSION_STORE_URL: databaseUrl.url }
        : { DATA_DIR: dirname((databaseUrl as { path: string }).path) };
    const count = databaseUrl?.kind === 'postgres' ? 3 : 2;
    return Promise.all(Array.from({ length: count }, () => startGatewayProcess({ ...shared, ...env })));
  }

  test(`${CROWD} of them make one user, one identity, and as many sessions that work in every process`, async () => {
    started = await start();
    const any = (n: number) => started[n % started.length] as GatewayProcess;
    for (let round = 0; round < rounds(1, 5); round += 1) {
      const openid = `person-${round}`;
      const logins = await Promise.all(Array.from({ length: CROWD }, (_, n) => logInPatiently(any(n), openid)));
      // None, when the answer to the first one was lost together with its code.
      expect(logins.filter(({ isNewUser }) => isNewUser).length).toBeLessThanOrEqual(1);
      expect(new Set(logins.map(({ token }) => token)).size).toBe(CROWD);

      const [of] = await stores.ask<{ users: number; identities: number }>(
        'SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM identities) AS identities',
      );
      expect([Number(of?.users), Number(of?.identities)]).toEqual([round + 1, round + 1]);
      const viewers = await Promise.all(
        logins.map(({ token }, n) => any(n + 1).graphql('{ viewer { openid user { id } } }', { token })),
      );
      const seen = new Set(viewers.map(({ body }) => JSON.stringify(body)));
      const viewer = { openid, user: { id: logins[0]?.viewer.user.id } };
      expect([...seen]).toEqual([JSON.stringify({ data: { viewer } })]);
    }
  }, 900_000);
});

interface Login {
  readonly token: string;
  readonly isNewUser: boolean;
  readonly viewer: { readonly user: { readonly id: string } };
}

/** SERVICE_UNAVAILABLE means that nobody knows: without a requestId a client goes on with a new code. */
async function logInPatiently(gateway: GatewayProcess, openid: string): Promise<Login> {
  for (let codes = 0; codes < 50; codes += 1) {
    const { body } = await gateway.login(codeOf(openid));
    if (body.errors === undefined) return body.data.login;
    const { code, retryAfterSeconds } = body.errors[0].extensions;
    if (code !== 'SERVICE_UNAVAILABLE') throw new Error(`a first login is answered ${code}`);
    await wait(retryAfterSeconds * 1000 * (0.5 + Math.random()));
  }
  throw new Error('a client has given up');
}
