import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Fault } from '../support/faults.js';
import { rounds } from '../support/rounds.js';
import { type Answer, codeOf, freshRequestId, type TestGateway } from '../support/test-gateway.js';
import { startTwoProcesses, type TwoProcesses } from '../support/two-processes.js';

/** One thing one person's phone asks of one process. Numbers choose, modulo what there is. */
type Step =
  | { readonly do: 'log in'; readonly process: number; readonly person: number; readonly carries: number | null }
  | { readonly do: 'repeat'; readonly process: number; readonly login: number; readonly carries: number | null }
  | { readonly do: 'log out'; readonly process: number; readonly token: number }
  | { readonly do: 'ask'; readonly process: number; readonly token: number };

const process = fc.nat(1);
const choice = fc.nat(50);
const carries = fc.option(choice, { freq: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('log in' as const), process, person: fc.nat(2), carries }),
  fc.record({ do: fc.constant('repeat' as const), process, login: choice, carries }),
  fc.record({ do: fc.constant('log out' as const), process, token: choice }),
  fc.record({ do: fc.constant('ask' as const), process, token: choice }),
);

/** Steps of one batch run at the same time, on stores that lose some of their calls. */
const batch = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 6 }),
  storeFaults: fc.array(fc.constantFrom<Fault>('pass', 'pass', 'fail before', 'fail after'), { maxLength: 6 }),
  sqlFaults: fc.array(fc.constantFrom<Fault>('pass', 'pass', 'pass', 'pass', 'fail before', 'fail after'), {
    maxLength: 8,
  }),
});

interface Login {
  readonly code: string;
  readonly requestId: string;
  readonly openid: string;
  /** What was handed out. */
  token: string | null;
}

/** What an observer outside may hold of a token: whose it is, and whether somebody was told that it has ended. */
interface Known {
  readonly openid: string;
  /** A logout or a login that carried it was sent: it may have ended. */
  mayHaveEnded: boolean;
  /** One of them was answered: it has ended. */
  hasEnded: boolean;
}

class Observer {
  readonly logins: Login[] = [];
  readonly tokens = new Map<string, Known>();

  constructor(private readonly two: TwoProcesses) {}

  async play(step: Step): Promise<void> {
    const gateway = step.process === 0 ? this.two.p1 : this.two.p2;
    if (step.do === 'log in') {
      const openid = `person-${step.person}`;
      const login: Login = { code: codeOf(openid), requestId: freshRequestId(), openid, token: null };
      this.logins.push(login);
      return this.logIn(gateway, login, this.tokenAt(step.carries));
    }
    if (step.do === 'repeat') {
      const login = this.logins[step.login % Math.max(1, this.logins.length)];
      return login === undefined ? undefined : this.logIn(gateway, login, this.tokenAt(step.carries));
    }
    const token = this.tokenAt(step.token);
    if (token === null) return;
    if (step.do === 'ask') return this.ask(gateway, token);
    const known = this.known(token);
    known.mayHaveEnded = true;
    const answer = await gateway.logout(token);
    if (answer.code === null) known.hasEnded = true;
    else expect(answer.code).toBe('SERVICE_UNAVAILABLE');
  }

  private async logIn(gateway: TestGateway, login: Login, carried: string | null): Promise<void> {
    if (carried !== null) this.known(carried).mayHaveEnded = true;
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
    if (!this.tokens.has(token)) this.tokens.set(token, { openid: login.openid, mayHaveEnded: false, hasEnded: false });
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
    const tokens = [...this.tokens.keys()];
    return index === null ? null : (tokens[index % Math.max(1, tokens.length)] ?? null);
  }
}

function openidOf(answer: Answer): string {
  return answer.body.data.viewer.openid;
}

test('whatever two processes are asked at once on stores that fail: an acknowledged session is there, an ended one is not, and a login is one', async () => {
  const property = fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 5 }), async (batches) => {
    const two = await startTwoProcesses({ p1: { sessionsPerUser: 1000 }, p2: { sessionsPerUser: 1000 } });
    try {
      const observer = new Observer(two);
      for (const { steps, storeFaults, sqlFaults } of batches) {
        for (const gateway of [two.p1, two.p2]) {
          gateway.sessionFaults.plan('set', ...storeFaults);
          gateway.sessionFaults.plan('delete', ...storeFaults);
          gateway.sessionFaults.plan('get', ...storeFaults.filter((fault) => fault !== 'fail after'));
          gateway.sqlFaults.plan('transaction', ...sqlFaults);
        }
        await Promise.all(steps.map((step) => observer.play(step)));
        // Leases of what was lost run out before the next batch, so that nobody has to wait for them.
        two.clock.advance(20_000);
      }
      for (const gateway of [two.p1, two.p2]) {
        gateway.sessionFaults.clear();
        gateway.sqlFaults.clear();
        for (const token of observer.tokens.keys()) await observer.ask(gateway, token);
      }
      // No session lives that nobody can end: every value has a row.
      expect(two.valuesWithoutRow()).toBe(0);
    } finally {
      await two.close();
    }
  });
  await fc.assert(property, { numRuns: rounds(40, 1000), endOnFailure: false });
}, 1_200_000);
