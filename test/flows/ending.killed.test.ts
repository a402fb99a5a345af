import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startChild, type TestChild } from '../support/child-process.js';
import { rounds } from '../support/rounds.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, makeTempDir, startTestGateway, type TempDir, type TestGateway } from '../support/test-gateway.js';

/** After how many calls that write: the mark, and for each batch of a hundred its deletion and the note of it. */
const STEPS = [
  { step: 'the-mark', calls: 1, sessions: 2 },
  { step: 'some-deletions', calls: 2, sessions: 101 },
  { step: 'some-notes', calls: 3, sessions: 101 },
  { step: 'all-deletions', calls: 2, sessions: 2 },
  { step: 'all-notes', calls: 3, sessions: 2 },
];

/** Clocks are the real ones here: those of the killed are, too. */
const REAL = { now: Date.now };

describe('a process that is killed -9 while it ends all sessions of a user', () => {
  let wechat: StandInWechat;
  let dir: TempDir;
  let children: TestChild[];
  let gateways: TestGateway[];

  beforeEach(async () => {
    wechat = await startStandInWechat();
    dir = makeTempDir();
    children = [];
    gateways = [];
  });
  afterEach(async () => {
    await Promise.all(children.map((child) => child.kill()));
    for (const gateway of gateways) await gateway.close();
    await wechat.close();
    dir.remove();
  });

  async function start(sweepEveryMs: number | null): Promise<TestGateway> {
    const gateway = await startTestGateway({
      wechatApiUrl: wechat.url,
      dataDir: dir.path,
      config: { sessionsPerUser: 1000 },
      seams: { ...REAL, sweepEveryMs },
    });
    gateways.push(gateway);
    return gateway;
  }

  /** A user for each step, and a process that is killed right after it. Resolves when all have gone. */
  async function killAfterEveryStep(seed: TestGateway, steps = STEPS): Promise<Map<string, string[]>> {
    const tokens = new Map<string, string[]>();
    for (const { step, sessions } of steps) {
      const ended: string[] = [];
      // A hundred at once may be too many for the deadline of an exchange.
      while (ended.length < sessions) {
        const some = Array.from({ length: Math.min(5, sessions - ended.length) }, () => seed.tokenFor(codeOf(step)));
        ended.push(...(await Promise.all(some)));
      }
      tokens.set(step, ended);
    }
    await Promise.all(
      steps.map(async ({ step, calls }) => {
        const child = startChild(new URL('./children/revoker.ts', import.meta.url));
        children.push(child);
        await child.ask('start', wechat.url, dir.path);
        const revoked = child.ask('revokeSessions', tokens.get(step)?.[0], calls);
        await expect(revoked).rejects.toThrow('SIGKILL');
      }),
    );
    return tokens;
  }

  test('leaves nothing that another process does not refuse within five seconds', async () => {
    const survivor = await start(2000);
    const tokens = await killAfterEveryStep(survivor, STEPS.slice(0, rounds(3, STEPS.length)));
    const killedAt = performance.now();
    const left = new Set([...tokens.values()].flat());
    while (left.size > 0 && performance.now() - killedAt < 30_000) {
      for (const token of left) {
        if ((await survivor.viewer(token)).code !== 'UNAUTHENTICATED') break;
        left.delete(token);
      }
    }
    expect(left.size).toBe(0);
    // The full count runs on a machine that does nothing else.
    expect(performance.now() - killedAt).toBeLessThan(rounds(20_000, 5000));
  });

  test('leaves nothing that a restarted one does not refuse from its first answer', async () => {
    const before = await start(null);
    // How far it got is nothing to a start: the mark is what it finds.
    const tokens = await killAfterEveryStep(before, STEPS.slice(0, rounds(2, STEPS.length)));
    const restarted = await start(null);
    for (const [step, ended] of tokens) {
      const codes = await Promise.all(ended.map(async (token) => (await restarted.viewer(token)).code));
      expect([step, [...new Set(codes)]]).toEqual([step, ['UNAUTHENTICATED']]);
    }
  });
});
