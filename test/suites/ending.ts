import { describe, expect, test } from '@jest/globals';
import type { AppError } from '../../src/errors.js';
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
/** So many on the same stores: every answer is searched for every token its gateway ever gave, and so gets slower. */
const ROUNDS_PER_SCENE = 10;
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
    /** Logins that were answered "not known", as on a busy machine some are: they may have opened a session, or not. */
    let unsettled = 0;

    const any = () => scene.gateways[Math.floor(Math.random() * scene.gateways.length)] ?? scene.gateways[0];

    async function signIn(): Promise<SignedIn | null> {
      const answer = await any().login(codeOf('alice'));
      if (answer.code === 'SERVICE_UNAVAILABLE' || answer.code === 'PLATFORM_UNAVAILABLE') {
        unsettled += 1;
        return null;
      }
      if (answer.code !== null) {
        // Its row was there at the mark, and not open yet.
        expect(answer.code).toBe('CODE_INVALID');
        return null;
      }
      const { token, viewer } = answer.body.data.login;
      return { token, id: viewer.session.id };
    }

    async function signInAlone(): Promise<SignedIn> {
      return settled(async () => {
        const before = unsettled;
        const signedIn = await signIn();
        if (signedIn === null && unsettled === before) throw new Error('a login that nothing raced was refused');
        return signedIn;
      });
    }

    /** Asked by another session once more when it is not known what became of it: the first may have ended itself. */
    async function revokeAll(asking: SignedIn, beforeAskingAgain: () => void): Promise<void> {
      let { token } = asking;
      await settled(async () => {
        const { code } = await any().graphql('mutation { revokeSessions(input: { keepCurrent: false }) { ended } }', {
          token,
        });
        if (code === null) return true;
        expect(code).toBe('SERVICE_UNAVAILABLE');
        beforeAskingAgain();
        token = (await signInAlone()).token;
        return null;
      });
    }

    function isLive({ running }: TestGateway, token: string): Promise<boolean> {
      return settled(() =>
        running.authenticate(token).then(
          (viewer) => viewer !== null,
          (error: AppError) => {
            expect(error.code).toBe('SERVICE_UNAVAILABLE');
            return null;
          },
        ),
      );
    }

    function listed(token: string): Promise<string[]> {
      return settled(async () => {
        const { code, body } = await any().graphql('{ viewer { sessions { id } } }', { token });
        if (code === null) return body.data.viewer.sessions.map((session: { id: string }) => session.id);
        expect(code).toBe('SERVICE_UNAVAILABLE');
        return null;
      });
    }

    async function race(standing: SignedIn[]): Promise<SignedIn[]> {
      const asking = await signInAlone();
      const acknowledged = new Map([...standing, asking].map((each) => [each.token, each]));
      scene.clock.advance(TOUCH_DUE_MS);
      let before: SignedIn[] = [];
      let later: SignedIn | null = null;
      const held = scene.gateways.flatMap(holdSome);
      const letGo = () => {
        for (const call of held) call.release();
      };
      unsettled = 0;

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
          await revokeAll(asking, letGo);
          letGo();
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
      const afterIt = later as unknown as SignedIn;
      const { token, id } = afterIt;
      const ended = new Set(before);
      const live = new Map<string, SignedIn>([[id, afterIt]]);
      for (const gateway of scene.gateways) {
        for (const each of [...acknowledged.values(), afterIt]) {
          const lives = await isLive(gateway, each.token);
          if (ended.has(each)) expect(lives).toBe(false);
          if (each === afterIt) expect(lives).toBe(true);
          if (lives) live.set(each.id, each);
        }
      }
      // What works is what the list shows: no session lives that nobody can end, and none is shown that is dead.
      const ids = await listed(token);
      expect(ids).toEqual(expect.arrayContaining([...live.keys()]));
      expect(ids.length - live.size).toBeLessThanOrEqual(unsettled);
      return [...live.values()];
    }

    test('leaves nothing that was acknowledged before it, and loses no later login', async () => {
      for (let round = 0; round < ROUNDS; round += ROUNDS_PER_SCENE) {
        scene = await start();
        try {
          await raceFor(Math.min(ROUNDS_PER_SCENE, ROUNDS - round));
        } finally {
          await scene.close();
        }
      }
    }, 3_600_000);

    async function raceFor(roundsLeft: number): Promise<void> {
      let standing: SignedIn[] = [];
      for (let round = 0; round < roundsLeft; round += 1) {
        while (standing.length < CROWD) standing.push(await signInAlone());
        standing = await race(standing.slice(0, CROWD));
      }
    }
  });
}

/** What a client does while nothing is known: it asks the same again. */
async function settled<T>(ask: () => Promise<T | null>): Promise<T> {
  for (let attempts = 0; attempts < 50; attempts += 1) {
    const answer = await ask();
    if (answer !== null) return answer;
  }
  throw new Error('nothing was ever known');
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
