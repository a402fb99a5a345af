import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Fault } from '../support/faults.js';
import { rounds } from '../support/rounds.js';
import { type Answer, codeOf, freshRequestId, type TestGateway } from '../support/test-gateway.js';
import { startTwoProcesses, type TwoProcesses } from '../support/two-processes.js';

const REVOKE_ALL = 'mutation { revokeSessions(input: { keepCurrent: false }) { ended } }';

/** One thing one person's phone asks of one process. Numbers choose among what there is. */
type Step =
  | { readonly do: 'log in'; readonly process: number; readonly person: number; readonly carries: number | null }
  | { readonly do: 'repeat'; readonly process: number; readonly login: number; readonly carries: number | null }
  | { readonly do: 'log out'; readonly process: number; readonly token: number }
  | { readonly do: 'revoke all'; readonly process: number; readonly token: number }
  | { readonly do: 'ask'; readonly process: number; readonly token: number };

const HOUR_MS = 3_600_000;

const process = fc.nat(1);
/** Counted from the newest: what went wrong last is asked for again first. */
const choice = fc.nat(4);
const carries = fc.option(choice, { freq: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('log in' as const), process, person: fc.nat(2), carries }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('repeat' as const), process, login: choice, carries }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('log out' as const), process, token: choice }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revoke all' as const), process, token: choice }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ask' as const), process, token: choice }) },
);

/** Few: else nothing is ever acknowledged, and there is nothing to be lost. */
function faultOfOneIn(count: number): fc.Arbitrary<Fault> {
  const fault = fc.constantFrom<Fault>('fail before', 'fail after');
  return fc.oneof({ weight: count - 1, arbitrary: fc.constant<Fault>('pass') }, { weight: 1, arbitrary: fault });
}

/** Steps of one batch run at the same time, on stores that lose some of their calls. */
const batch = fc.record({
  steps: fc.array(step, { minLength: 4, maxLength: 8 }),
  storeFaults: fc.array(faultOfOneIn(4), { minLength: 4, maxLength: 4 }),
  sqlFaults: fc.array(faultOfOneIn(10), { minLength: 10, maxLength: 10 }),
  /** So that the uses of sessions are written down, at the same time as they end. */
  areTouchesDue: fc.boolean(),
});

interface Login {
  readonly code: string;
  readonly requestId: string;
  readonly openid: string;
  /** What was handed out. */
  token: string | null;
  /** Everything of its person was revoked before. */
  mayHaveEnded: boolean;
}

/** What an observer outside may hold of a token: whose it is, and whether somebody was told that it has ended. */
interface Known {
  readonly openid: string;
  readonly createdAt: string;
  /** A logout or a login that carried it was sent: it may have ended. */
  mayHaveEnded: boolean;
  /** One of them was answered: it has ended. */
  hasEnded: boolean;
}

class Observer {
  readonly logins: Login[] = [];
  readonly tokens = new Map<string, Known>();
  /** People of one run are strangers to those of another. */
  private readonly run = randomUUID();

  constructor(private readonly two: TwoProcesses) {}

  async play(step: Step): Promise<void> {
    const gateway = step.process === 0 ? this.two.p1 : this.two.p2;
    if (step.do === 'log in') {
      const openid = `${this.run}-${step.person}`;
      const login: Login = {
        code: codeOf(openid),
        requestId: freshRequestId(),
        openid,
        token: null,
        mayHaveEnded: false,
      };
      this.logins.push(login);
      return this.logIn(gateway, login, this.tokenAt(step.carries));
    }
    if (step.do === 'repeat') {
      const login = this.logins.at(-1 - step.login);
      return login === undefined ? undefined : this.logIn(gateway, login, this.tokenAt(step.carries));
    }
    const token = this.tokenAt(step.token);
    if (token === null) return;
    if (step.do === 'ask') return this.ask(gateway, token);
    if (step.do === 'revoke all') return this.revokeAll(gateway, token);
    const known = this.known(token);
    known.mayHaveEnded = true;
    const answer = await gateway.logout(token);
    if (answer.code === null) known.hasEnded = true;
    else expect(answer.code).toBe('SERVICE_UNAVAILABLE');
  }

  private async revokeAll(gateway: TestGateway, token: string): Promise<void> {
    const { openid } = this.known(token);
    const theirs = [...this.tokens.values()].filter((known) => known.openid === openid);
    // One that is being handed out at this moment was marked, or is a later one.
    const handingOut = this.logins.filter((login) => login.openid === openid && login.token === null);
    for (const each of theirs) each.mayHaveEnded = true;
    for (const login of handingOut) login.mayHaveEnded = true;
    const { code } = await gateway.graphql(REVOKE_ALL, { token });
    if (code === null) for (const each of theirs) each.hasEnded = true;
    else expect(['SERVICE_UNAVAILABLE', 'UNAUTHENTICATED']).toContain(code);
  }

  private async logIn(gateway: TestGateway, login: Login, carried: string | null): Promise<void> {
    if (carried !== null && !this.isSpared(carried, login.token)) this.known(carried).mayHaveEnded = true;
    const answer = await gateway.login(login.code, { requestId: login.requestId, token: carried });
    if (answer.code !== null) {
      expect(['SERVICE_UNAVAILABLE', 'CODE_INVALID']).toContain(answer.code);
      return;
    }
    const { token, viewer } = answer.body.data.login;
    expect(viewer.openid).toBe(login.openid);
    // Of one login only one session is ever handed out.
    expect(login.token ?? token).toBe(token);
    login.token = token;
    if (!this.tokens.has(token)) {
      const { createdAt } = viewer.session;
      const { openid, mayHaveEnded } = login;
      this.tokens.set(token, { openid, createdAt, mayHaveEnded, hasEnded: false });
    }
    if (carried !== null && !this.isSpared(carried, token)) this.known(carried).hasEnded = true;
  }

  /** A login ends neither the session it answers nor a younger one. */
  private isSpared(carried: string, answered: string | null): boolean {
    if (answered === null) return false;
    return carried === answered || this.known(carried).createdAt > this.known(answered).createdAt;
  }

  /** Judged by what was known when the question was sent: an end that is answered meanwhile may fall before or after it. */
  async ask(gateway: TestGateway, token: string): Promise<void> {
    const known = this.known(token);
    const { hasEnded } = known;
    const answer = await gateway.viewer(token);
    if (answer.code === 'SERVICE_UNAVAILABLE') return;
    if (answer.code === null) expect([hasEnded, openidOf(answer)]).toEqual([false, known.openid]);
    else expect([known.mayHaveEnded, answer.code]).toEqual([true, 'UNAUTHENTICATED']);
  }

  private known(token: string): Known {
    const known = this.tokens.get(token);
    if (known === undefined) throw new Error('a token that was never handed out');
    return known;
  }

  private tokenAt(index: number | null): string | null {
    return index === null ? null : ([...this.tokens.keys()].at(-1 - index) ?? null);
  }
}

function openidOf(answer: Answer): string {
  return answer.body.data.viewer.openid;
}

describe('two processes on one database', () => {
  let two: TwoProcesses;

  beforeAll(async () => {
    two = await startTwoProcesses({ p1: { sessionsPerUser: 1000 }, p2: { sessionsPerUser: 1000 } });
  });

  afterAll(() => two.close());

  test('whatever they are asked at once, on stores that fail: an acknowledged session is there, an ended one is not, and a login is one', async () => {
    const property = fc.asyncProperty(fc.array(batch, { minLength: 3, maxLength: 5 }), async (batches) => {
      const observer = new Observer(two);
      for (const { steps, storeFaults, sqlFaults, areTouchesDue } of batches) {
        if (areTouchesDue) two.clock.advance(2 * HOUR_MS);
        for (const gateway of [two.p1, two.p2]) {
          gateway.sessionFaults.plan('set', ...storeFaults);
          gateway.sessionFaults.plan('delete', ...storeFaults);
          gateway.sessionFaults.plan('replace', ...storeFaults);
          gateway.sessionFaults.plan('deleteAll', ...storeFaults);
          gateway.sessionFaults.plan('get', ...storeFaults.filter((fault) => fault !== 'fail after'));
          gateway.sqlFaults.plan('transaction', ...sqlFaults);
        }
        // Leases run out while somebody waits for what was lost, and under who is still at work.
        const hurry = setInterval(() => two.clock.advance(20_000), 200);
        await Promise.all(steps.map((step) => observer.play(step)));
        clearInterval(hurry);
        two.clock.advance(20_000);
        for (const gateway of [two.p1, two.p2]) {
          gateway.sessionFaults.clear();
          gateway.sqlFaults.clear();
        }
      }
      for (const gateway of [two.p1, two.p2]) {
        for (const token of observer.tokens.keys()) await observer.ask(gateway, token);
      }
      // Whoever was interrupted is finished by the sweep; then every value has an open row, and every open row a value.
      for (const gateway of [two.p1, two.p2]) {
        await gateway.running.sweep();
        two.clock.advance(2000);
      }
      expect(await two.valuesWithoutRow()).toBe(0);
      expect([await two.countOf('values'), await two.count('opening')]).toEqual([await two.count('open'), 0]);
    });
    await fc.assert(property, { numRuns: rounds(8, 3000), endOnFailure: true });
  }, 1_200_000);
});
