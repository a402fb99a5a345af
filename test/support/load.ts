import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../src/config.js';
import type { BreakerLine } from '../flows/children/gateway.js';
import type { Answers, Traffic } from '../flows/children/phones.js';
import { startChild, type TestChild } from './child-process.js';
import { rounds } from './rounds.js';
import { type Behaviour, type StandInWechat, startStandInWechat } from './stand-in-wechat.js';
import { codeOf, makeTempDir } from './test-gateway.js';

export interface Outage {
  /** What WeChat does, one after the other. */
  readonly phases: readonly (readonly [ms: number, behaviour: Behaviour])[];
  readonly traffic?: Partial<Traffic>;
  readonly config?: Partial<Config>;
}

/** Times are in ms since 1970. */
export interface Suffered extends Answers {
  readonly calmAt: number;
  readonly downAt: number;
  readonly upAt: number;
  /** When the first login after it was answered well; null when none was within 20 s. */
  readonly goodAt: number | null;
  readonly breakerLines: readonly BreakerLine[];
  /** Of WeChat, while it was down. */
  readonly calls: number;
  readonly mostUnderWay: number;
  readonly heapBeforeMb: number;
  readonly heapAfterMb: number;
}

/** The small rates are such that two busy cores carry them. */
const VIEWERS_PER_SECOND = rounds(10, 100);
const LOGINS_PER_SECOND = rounds(20, 200);
/** When they work: each writes to the disk three times, and so many two cores carry with ease. */
const GOOD_LOGINS_PER_SECOND = rounds(10, 50);
const WARM_UP_MS = rounds(500, 10_000);
const CALM_MS = rounds(500, 60_000);
/** As long as an exchange may take: whom WeChat left hanging just before its return is told so within it. */
const AFTERMATH_MS = rounds(2500, 6000);
const RECOVERY_MS = 20_000;

/** Calm, an outage, and what comes after it, while people log in and others are logged in. */
export async function suffer(outage: Outage): Promise<Suffered> {
  const wechat = await startStandInWechat();
  const dir = makeTempDir();
  const gateway = startChild(new URL('../flows/children/gateway.ts', import.meta.url));
  const phones = startChild(new URL('../flows/children/phones.ts', import.meta.url));
  try {
    const url = (await gateway.ask('start', wechat.url, dir.path, outage.config ?? {})) as string;
    return await bringDown(wechat, gateway, phones, { ...trafficTo(url), ...outage.traffic }, outage.phases);
  } finally {
    await Promise.all([gateway.kill(), phones.kill()]);
    await wechat.close();
    dir.remove();
  }
}

function trafficTo(url: string): Traffic {
  return {
    url,
    codes: Array.from({ length: 20 }, (_, n) => codeOf(`resident-${n}`)),
    viewersPerSecond: VIEWERS_PER_SECOND,
    loginsPerSecond: LOGINS_PER_SECOND,
    withRequestId: false,
    fromOneAddress: false,
  };
}

async function bringDown(
  wechat: StandInWechat,
  gateway: TestChild,
  phones: TestChild,
  traffic: Traffic,
  phases: Outage['phases'],
): Promise<Suffered> {
  await phones.ask('send', { ...traffic, fromOneAddress: false, loginsPerSecond: GOOD_LOGINS_PER_SECOND });
  await sleep(WARM_UP_MS);
  const calmAt = Date.now();
  await sleep(CALM_MS);
  const heapBeforeMb = await heapMb(gateway);

  const underWay = { now: 0, most: 0 };
  const callsBefore = wechat.calls.length;
  const downAt = Date.now();
  for (const [index, [ms, behaviour]] of phases.entries()) {
    wechat.behaviour = counted(behaviour, underWay);
    if (index === 0) await phones.ask('send', traffic);
    await sleep(ms);
  }

  const nextGood = phones.ask('nextGoodLogin', RECOVERY_MS) as Promise<number | null>;
  const calls = wechat.calls.length - callsBefore;
  const upAt = Date.now();
  wechat.behaviour = null;
  const goodAt = await nextGood;
  const heapAfterMb = await heapMb(gateway);
  await phones.ask('send', { ...traffic, loginsPerSecond: GOOD_LOGINS_PER_SECOND });
  await sleep(AFTERMATH_MS);
  const answers = (await phones.ask('stop')) as Answers;
  const breakerLines = (await gateway.ask('breakerLines')) as BreakerLine[];
  await gateway.ask('close');
  const mostUnderWay = underWay.most;
  return { ...answers, calmAt, downAt, upAt, goodAt, breakerLines, calls, mostUnderWay, heapBeforeMb, heapAfterMb };
}

async function heapMb(gateway: TestChild): Promise<number> {
  return Number(await gateway.ask('heapBytes')) / 1e6;
}

function counted(behaviour: Behaviour, underWay: { now: number; most: number }): Behaviour {
  return (call, response, request) => {
    underWay.now += 1;
    underWay.most = Math.max(underWay.most, underWay.now);
    response.once('close', () => {
      underWay.now -= 1;
    });
    return behaviour(call, response, request);
  };
}

/** How long viewers took, in ms: in the calm, in which logins work, and in the outage. */
export function viewerTimes({ viewers, calmAt, downAt, upAt }: Suffered) {
  const percentiles = (fromMs: number, toMs: number) => {
    const times = viewers.filter(({ sentAt }) => sentAt > fromMs && sentAt < toMs).map(({ tookMs }) => tookMs);
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
    return { p50: at(0.5), p99: at(0.99) };
  };
  return { calm: percentiles(calmAt, calmAt + CALM_MS), outage: percentiles(downAt, upAt) };
}
