import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { APPS } from '../support/account-scene.js';
import { startChild, type TestChild } from '../support/child-process.js';
import { rounds } from '../support/rounds.js';
import { describeOnEachDatabase, type SharedStores } from '../support/shared-stores.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, startTestGateway, type TestGateway } from '../support/test-gateway.js';
import type { Step } from './children/merger.js';

interface Pair {
  readonly survivor: SignedIn;
  readonly other: SignedIn;
  /** Of the other. */
  readonly openid: string;
}

interface SignedIn {
  readonly token: string;
  readonly userId: string;
}

describeOnEachDatabase('a process that is killed -9 while it joins two users', (open) => {
  let wechat: StandInWechat;
  let stores: SharedStores;
  let children: TestChild[];
  let gateways: TestGateway[];

  beforeEach(async () => {
    wechat = await startStandInWechat();
    stores = await open();
    children = [];
    gateways = [];
  });
  afterEach(async () => {
    await Promise.all(children.map((child) => child.kill()));
    for (const gateway of gateways) await gateway.close();
    await stores.close();
    await wechat.close();
  });

  const config = () => ({ ...stores.config, apps: APPS });

  /** With the real clock: that of the killed is, too. */
  async function start(): Promise<TestGateway> {
    const gateway = await startTestGateway({ wechatApiUrl: wechat.url, config: config(), seams: { now: Date.now } });
    gateways.push(gateway);
    return gateway;
  }

  async function startMerger(): Promise<TestChild> {
    const child = startChild(new URL('./children/merger.ts', import.meta.url));
    children.push(child);
    await child.ask('start', wechat.url, config());
    return child;
  }

  async function signIn(gateway: TestGateway, openid: string, appid: string): Promise<SignedIn> {
    const { login } = (await gateway.login(codeOf(openid), { appid })).body.data;
    return { token: login.token, userId: login.viewer.user.id };
  }

  async function makePair(gateway: TestGateway, name: string): Promise<Pair> {
    const openid = `${name}-b`;
    const pair = {
      survivor: await signIn(gateway, `${name}-a`, 'wxone'),
      other: await signIn(gateway, openid, 'wxtwo'),
      openid,
    };
    const query = 'mutation { updateProfile(input: { nickname: "B" }) { viewer { openid } } }';
    expect((await gateway.graphql(query, { token: pair.other.token })).code).toBeNull();
    return pair;
  }

  const codeFor = ({ openid }: Pair) => ({ code: codeOf(openid), appid: 'wxtwo' });

  async function stateOf(gateway: TestGateway, { survivor, other, openid }: Pair) {
    const { findUser } = gateway.running;
    const [owner] = await stores.ask<{ user_id: string }>(
      `SELECT user_id FROM identities WHERE openid = '${openid}' AND appid = 'wxtwo'`,
    );
    const details = (await stores.ask<{ details: string }>(
      `SELECT details FROM audit_events WHERE type = 'users_merged' AND user_id = '${survivor.userId}'`,
    )) as { details: string }[];
    return {
      owner: owner?.user_id,
      names: (await findUser(other.userId))?.id,
      nickname: (await findUser(survivor.userId))?.nickname,
      merges: details.length,
      sessions: [(await gateway.viewer(survivor.token)).code, (await gateway.viewer(other.token)).code],
    };
  }

  const done = ({ survivor: { userId } }: Pair) => ({
    ...{ owner: userId, names: userId, nickname: 'B', merges: 1 },
    sessions: [null, 'UNAUTHENTICATED'],
  });
  const notBegun = ({ other: { userId } }: Pair) => ({
    ...{ owner: userId, names: userId, nickname: null, merges: 0 },
    sessions: [null, null],
  });

  test('has done it or not begun it, and leaves nothing in the way of the same again', async () => {
    const before = await start();
    const measured = await makePair(before, 'measured');
    const first = await startMerger();
    const steps = (await first.ask('merge', measured.survivor.token, codeFor(measured), null)) as Step[];
    const commit = steps.indexOf('commit');
    expect(commit).toBeGreaterThan(8);

    // Right before the commit and right after it; or after every step there is.
    const kills = rounds(0, 1) === 0 ? [commit, commit + 1] : steps.map((_, n) => n + 1);
    const killed: { pair: Pair; step: number }[] = [];
    for (const [n, step] of kills.entries()) {
      const pair = await makePair(before, `killed-${n}`);
      const child = n === 0 ? first : await startMerger();
      const merged = child.ask('merge', pair.survivor.token, codeFor(pair), step);
      await expect(merged).rejects.toThrow('SIGKILL');
      killed.push({ pair, step });
    }

    const after = await start();
    for (const { pair, step } of killed) {
      const expected = step > commit ? done(pair) : notBegun(pair);
      expect([step, await stateOf(after, pair)]).toEqual([step, expected]);
      const query = 'mutation ($input: LinkIdentityInput!) { linkIdentity(input: $input) { viewer { openid } } }';
      const variables = { input: { ...codeFor(pair), merge: true } };
      expect((await after.graphql(query, { variables, token: pair.survivor.token })).code).toBeNull();
      expect(await stateOf(after, pair)).toEqual(done(pair));
    }
  }, 900_000);
});
