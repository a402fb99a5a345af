import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type HeldCall, hold } from '../support/faults.js';
import { rounds } from '../support/rounds.js';
import { codeOf, type TestClock, type TestGateway } from '../support/test-gateway.js';

/** Gateways on the same stores, with one clock and SESSIONS_PER_USER=1000. */
export interface RaceScene {
  readonly gateways: readonly [TestGateway, ...TestGateway[]];
  readonly clock: TestClock;
  close(): Promise<void>;
}

/** How many logins, and how many touches, race one revoke. */
const CROWD = rounds(12, 50);
const ROUNDS = rounds(3, 1000);
const HELD = 1 / 3;

/** Touches are due after an hour. */
const TOUCH_DUE_MS = 3_600_001;
/** Other processes may remember a session for a second. */
const REMEMBERED_MS = 1001;

interface SignedIn {
  readonly token: string;
  readonly id: string;
}

/** A revoke of all, while the same user's logins and touches race it: nothing that was there before lives, nothing that began after is lost. */
export function raceSuite(name: string, start: () => Promise<RaceScene>): void {
  describe(`a revoke of all sessions, raced by ${CROWD} logins and ${CROWD} touches, on ${name}`, () => {
    let scene: RaceScene;
    beforeAll(async () => {
      scene = await start();
    });
    afterAll(() => scene.close());

    const any = () => scene.gateways[Math.floor(Math.random() * scene.gateways.length)] ?? scene.gateways[0];

    async function signIn(): Promise<SignedIn | null> {
      const answer = await any().login(codeOf('alice'));
      if (answer.code !== null) {
        // Its row was there at the mark, and not open yet.
        expect(answer.code).toBe('CODE_INVALID');
        return null;
      }
      const { token, viewer } = answer.body.data.login;
      return { token, id: viewer.session.id };
    }

    async function signInAlone(): Promise<SignedIn> {
      const signedIn = await signIn();
      if (signedIn === null) throw new Error('a login that nothing raced was refused');
      return signedIn;
    }

    async function race(standing: SignedIn[]): Promise<SignedIn[]> {
      const asking = await signInAlone();
      const acknowledged = new Map([...standing, asking].map((each) => [each.token, each]));
      scene.clock.advance(TOUCH_DUE_MS);
      let before: SignedIn[] = [];
      let later: SignedIn | null = null;
      const held = scene.gateways.flatMap(holdSome);

      const actors = [
        ...Array.from({ length: CROWD }, () => async () => {
          const signedIn = await signIn();
          if (signedIn !== null) acknowledged.set(signedIn.token, signedIn);
        }),
        ...standing.map(({ token }) => async () => {
          await any().viewer(token);
        }),
        async () => {
          before = [...acknowledged.values()];
          const query = 'mutation { revokeSessions(input: { keepCurrent: false }) { ended } }';
          expect((await any().graphql(query, { token: asking.token })).code).toBeNull();
          for (const call of held) call.release();
          later = await signInAlone();
        },
      ];
      const running: Promise<void>[] = [];
      for (const actor of shuffled(actors)) {
        running.push(actor());
        if (Math.random() < 0.3) await new Promise(setImmediate);
      }
      await Promise.all(running);
      for (const gateway of scene.gateways) gateway.sessionFaults.clear();

      scene.clock.advance(REMEMBERED_MS);
      const { token, id } = later as unknown as SignedIn;
      const live = new Map<string, SignedIn>();
      for (const gateway of scene.gateways) {
        for (const ended of before) expect((await gateway.viewer(ended.token)).code).toBe('UNAUTHENTICATED');
        expect((await gateway.viewer(token)).code).toBeNull();
        for (const each of acknowledged.values()) {
          if ((await gateway.viewer(each.token)).code === null) live.set(each.id, each);
        }
      }
      live.set(id, { token, id });
      // What works is what the list shows: no session lives that nobody can end, and none is shown that is dead.
      const listed = (await scene.gateways[0].graphql('{ viewer { sessions { id } } }', { token })).body.data.viewer;
      const ids = listed.sessions.map((session: { id: string }) => session.id);
      expect(ids.sort()).toEqual([...live.keys()].sort());
      return [...live.values()];
    }

    test('leaves nothing that was acknowledged before it, and loses no later login', async () => {
      let standing: SignedIn[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        while (standing.length < CROWD) standing.push(await signInAlone());
        standing = await race(standing.slice(0, CROWD));
      }
    }, 3_600_000);
  });
}

/** Some of the writes of touches and logins that are on their way land only after the revoke was answered. */
function holdSome({ sessionFaults }: TestGateway): HeldCall[] {
  return ['replace', 'set'].flatMap((call) => {
    const plan = Array.from({ length: CROWD / 2 }, () => (Math.random() < HELD ? hold('before') : 'pass'));
    sessionFaults.plan(call, ...plan);
    return plan.filter((each) => each !== 'pass');
  });
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
