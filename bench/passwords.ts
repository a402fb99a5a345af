// Do other requests wait while passwords are hashed? One gateway as a process, asked for `viewer` without a pause; then the same
// while a hundred people log in by password at once. Wants `npm run build`.
//   node --import ./test/support/typescript.mjs bench/passwords.ts [--quick] [--rounds 5]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type GatewayProcess, startGatewayProcess } from '../test/support/processes.js';
import { startStandInWechat } from '../test/support/stand-in-wechat.js';
import { codeOf } from '../test/support/test-gateway.js';
import { median, medianOf, progress, type Quantiles, quantiles } from './measure.js';
import { report } from './results.js';

const WHOLE = 5;
/** Requests for `viewer` that are under way at the same time. */
const READERS = 4;
const PASSWORD = 'a long one for the bench';

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string', default: `${WHOLE}` } },
});
const rounds = flags.quick ? 2 : Number(flags.rounds);
const people = flags.quick ? 10 : 100;
const aloneMs = flags.quick ? 1000 : 4000;

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { viewer { openid } } }';
const LOGIN = 'mutation ($input: LoginWithPasswordInput!) { loginWithPassword(input: $input) { token } }';

interface Round {
  readonly alone: Quantiles;
  readonly beside: Quantiles;
  readonly answered: number;
  readonly limited: number;
  readonly seconds: number;
  readonly memoryMb: number;
}

async function readWhile(gateway: GatewayProcess, token: string, isOver: () => boolean): Promise<Quantiles> {
  const times: number[] = [];
  const reader = async () => {
    while (!isOver()) {
      const startedAt = performance.now();
      const { status } = await gateway.graphql('{ viewer { openid } }', { token });
      times.push(performance.now() - startedAt);
      if (status !== 200) throw new Error(`viewer was answered ${status}`);
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  return quantiles(times);
}

/** Of the process, in MB. Linux only. */
function residentMb({ child }: GatewayProcess): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

async function playRound(gateway: GatewayProcess, token: string, number: number): Promise<Round> {
  const startedAlone = performance.now();
  const alone = await readWhile(gateway, token, () => performance.now() - startedAlone > aloneMs);
  const memoryBefore = residentMb(gateway);
  const startedAt = performance.now();
  let under = people;
  const logins = Array.from({ length: people }, async (_, n) => {
    // Accounts of their own: tries are counted for each.
    const input = { code: codeOf(`phone-${number}-${n}`), username: `person${n}`, password: PASSWORD };
    const { body } = await gateway.graphql(LOGIN, { variables: { input } }).finally(() => {
      under -= 1;
    });
    const code = body.errors?.[0]?.extensions.code ?? null;
    if (code !== null && code !== 'RATE_LIMITED') throw new Error(`a login was answered ${code}`);
    return code;
  });
  const beside = await readWhile(gateway, token, () => under === 0);
  const seconds = (performance.now() - startedAt) / 1000;
  const codes = await Promise.all(logins);
  const limited = codes.filter((code) => code !== null).length;
  return {
    ...{ alone, beside, answered: people - limited, limited, seconds },
    memoryMb: residentMb(gateway) - memoryBefore,
  };
}

const folder = mkdtempSync(path.join(tmpdir(), 'menjin-bench-'));
const wechat = await startStandInWechat();
const gateway = await startGatewayProcess({ WECHAT_API_URL: wechat.url, DATA_DIR: folder });
const played: Round[] = [];
try {
  for (let n = 0; n < people; n += 1) {
    const { body } = await gateway.login(codeOf(`person-${n}`));
    const input = { username: `person${n}`, password: PASSWORD };
    const registered = await gateway.graphql(REGISTER, { variables: { input }, token: body.data.login.token });
    if (registered.body.errors !== undefined) throw new Error(JSON.stringify(registered.body.errors));
    if (n % 20 === 0) progress(`${n} of ${people} people are registered`);
  }
  const token: string = (await gateway.login(codeOf('reader'))).body.data.login.token;
  for (let number = 0; number < rounds; number += 1) {
    played.push(await playRound(gateway, token, number));
    progress(`round ${number + 1} of ${rounds}`);
  }
} finally {
  await gateway.stop();
  await wechat.close();
  rmSync(folder, { recursive: true, force: true });
}

const alone = medianOf(played.map((round) => round.alone));
const beside = medianOf(played.map((round) => round.beside));
const ms = ({ p50, p99, max }: Quantiles) => [p50, p99, max].map((each) => each.toFixed(1));
const of = (key: 'answered' | 'limited' | 'seconds' | 'memoryMb') => median(played.map((round) => round[key]));
report(
  'passwords',
  {
    figures: played,
    tables: [
      {
        head: ['viewer', 'p50, ms', 'p99', 'max', 'logins answered', 'RATE_LIMITED', 'in seconds', 'memory, MB'],
        rows: [
          ['alone', ...ms(alone), '', '', '', ''],
          [
            ...[`beside ${people} logins`, ...ms(beside), of('answered'), of('limited')],
            ...[of('seconds').toFixed(1), of('memoryMb').toFixed(0)],
          ],
          [
            'ratio',
            ...[beside.p50 / alone.p50, beside.p99 / alone.p99, beside.max / alone.max].map((r) => r.toFixed(1)),
            '',
            '',
            '',
            '',
          ],
        ],
      },
    ],
    chart: {
      title: 'viewer, p99 in ms: alone, and beside logins by password',
      bars: [
        { label: 'alone', value: alone.p99 },
        { label: `beside ${people} logins`, value: beside.p99, isOurs: true },
      ],
    },
  },
  { isTrial: rounds < WHOLE },
);
