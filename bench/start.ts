// How long from the start of the process to its first answer, and how much memory does it keep? Built, and with a database that is
// there. Beside it a bare server of node:http. Wants `npm run build`.
//   node --import ./test/support/typescript.mjs bench/start.ts [--quick] [--rounds 9]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../test/support/ports.js';
import { coresSentence, keepToCore, onCore } from './cores.js';
import { fillSqlite, openidOf, tokenOf } from './filled-stores.js';
import { productionEnv, startMenjin } from './gateways.js';
import { askFromProcess, tally } from './load/at-pace.js';
import { askOnce, viewerTarget } from './load/target.js';
import { median, progress } from './measure.js';
import { memoryMb } from './process-usage.js';
import { report } from './results.js';
import { inTurn, lengthOf, summaryOf } from './rounds.js';
import { inScene } from './scene.js';

const WHOLE_SESSIONS = 100_000;
const IDLE_MS = 3_000;
const WEEK_MS = 7 * 86_400_000;
const MENJIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const BARE = `require('node:http').createServer((q, s) => s.end('{"openid":"o"}')).listen(process.env.PORT, '127.0.0.1')`;

const { rounds, isTrial } = lengthOf({ rounds: 9, seconds: 1 });
const sessions = isTrial ? WHOLE_SESSIONS / 100 : WHOLE_SESSIONS;

interface Start {
  readonly ms: number;
  /** After some seconds in which nobody asked; null where it cannot be told. */
  readonly idleMb: number | null;
}

/** Resolves when something listens there. */
async function listens(port: number): Promise<void> {
  for (;;) {
    const socket = net.connect({ port, host: '127.0.0.1' });
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await wait(1);
  }
}

async function timeStart(command: readonly string[], env: Readonly<Record<string, string>>): Promise<Start> {
  const port = await freePort();
  const [program = '', ...args] = onCore('server', command);
  const startedAt = performance.now();
  const child = spawn(program, args, { env: { PATH: process.env.PATH, ...env, PORT: `${port}` }, stdio: 'ignore' });
  const exited = once(child, 'exit');
  try {
    await Promise.race([
      listens(port),
      exited.then(([status]) => {
        throw new Error(`it ended with ${status}`);
      }),
    ]);
    const { status, text } = await askOnce(viewerTarget(`http://127.0.0.1:${port}`, [tokenOf(0)]));
    const ms = performance.now() - startedAt;
    if (status !== 200 || !text.includes('"openid":"o')) throw new Error(`answered ${status}: ${text}`);
    await wait(isTrial ? 100 : IDLE_MS);
    return { ms, idleMb: memoryMb(child.pid ?? 0)?.now ?? null };
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

/** Every session is asked for once; then what it keeps. */
async function memoryAfterSessions(
  folder: string,
  database: string,
): Promise<{ nowMb: number | null; mostMb: number | null }> {
  const menjin = await startMenjin(folder, { DATABASE_URL: database });
  try {
    const numbers = Array.from({ length: sessions }, (_, n) => n);
    const { answers } = await askFromProcess(viewerTarget(menjin.url, numbers.map(tokenOf)), {
      ...{ perSecond: Number.POSITIVE_INFINITY, total: sessions, connections: 64, expected: numbers.map(openidOf) },
    });
    const { right } = tally(answers);
    if (right !== sessions) throw new Error(`of ${sessions} sessions ${right} were answered`);
    await wait(isTrial ? 100 : IDLE_MS);
    const memory = memoryMb(menjin.pid);
    return { nowMb: memory?.now ?? null, mostMb: memory?.most ?? null };
  } finally {
    await menjin.stop();
  }
}

// It asks again and again whether somebody listens.
keepToCore('load', process.pid);
const { starts, after } = await inScene(async ({ folder }) => {
  const file = path.join(folder, 'menjin.db');
  progress(`${sessions} sessions are put there`);
  await fillSqlite(file, { from: 0, to: sessions, until: Date.now() + WEEK_MS });
  const database = `sqlite:${file}`;
  const env = { ...productionEnv(folder), DATABASE_URL: database };
  const subjects = [
    { name: 'menjin', start: () => timeStart([process.execPath, MENJIN, 'start'], env) },
    { name: 'node:http', start: () => timeStart([process.execPath, '-e', BARE], {}) },
  ];
  const found = new Map<string, Start[]>(subjects.map(({ name }) => [name, []]));
  // The first of each is not counted: files are read for the first time.
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, start } of inTurn(subjects, round)) {
      const one = await start();
      if (round > 0) found.get(name)?.push(one);
      progress(`round ${round} of ${rounds}: ${name} ${one.ms.toFixed(0)} ms, ${one.idleMb?.toFixed(0)} MB`);
    }
  }
  return { starts: found, after: await memoryAfterSessions(folder, database) };
});

const msOf = (name: string) => (starts.get(name) ?? []).map(({ ms }) => ms);
const idleMbOf = (name: string) => (starts.get(name) ?? []).flatMap(({ idleMb }) => idleMb ?? []);
const mb = (number: number | null | undefined) => number?.toFixed(0) ?? 'unknown';
const bars = [...starts.keys()].map((name) => {
  const { median: value, low, high } = summaryOf(msOf(name));
  return { label: name, value, low, high, isOurs: name === 'menjin' };
});

report(
  'start',
  {
    figures: { starts: Object.fromEntries(starts), sessions, after },
    remarks: [`${coresSentence} ${rounds} rounds.`],
    tables: [
      {
        head: [
          '',
          'start to first answer, ms',
          'fastest',
          'slowest',
          'memory idle, MB',
          `after ${sessions} sessions`,
          'at most',
        ],
        rows: bars.map(({ label, value, low, high, isOurs }) => [
          label,
          ...[value, low, high].map((ms) => ms.toFixed(0)),
          mb(median(idleMbOf(label))),
          ...(isOurs ? [mb(after.nowMb), mb(after.mostMb)] : ['', '']),
        ]),
      },
    ],
    goals: [
      { what: 'start to first answer', wanted: ['at most', 1200], found: msOf('menjin'), unit: 'ms', digits: 0 },
      { what: 'memory idle', wanted: ['at most', 140], found: idleMbOf('menjin'), unit: 'MB', digits: 0 },
    ],
    chart: { title: 'From the start of the process to its first answer, ms', bars },
  },
  { isTrial },
);
