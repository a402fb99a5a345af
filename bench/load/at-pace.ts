import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Cores, onCore } from '../cores.js';
import { type Quantiles, quantiles } from '../measure.js';
import type { Answered, Pace, PacedLoad } from './paced.js';
import { type Target, textOf } from './target.js';

const TYPESCRIPT = new URL('../../test/support/typescript.mjs', import.meta.url).href;
const PROGRAM = fileURLToPath(new URL('paced-process.ts', import.meta.url));

export interface PaceOptions extends Pick<Pace, 'perSecond' | 'connections' | 'total'> {
  /** What an answer to each value must contain. @default the same to all: a viewer */
  readonly expected?: readonly string[];
  readonly core?: keyof Cores | 'any';
  /** Asks no more when it has resolved. */
  readonly until?: Promise<unknown>;
}

/** From a process of its own. */
export async function askFromProcess(target: Target, options: PaceOptions): Promise<PacedLoad> {
  const { expected = ['"openid":"'], core = 'load', until, ...pace } = options;
  const [command = '', ...args] = onCore(core, [process.execPath, '--import', TYPESCRIPT, PROGRAM]);
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const failed = once(child, 'exit').then(([status]) => {
    throw new Error(`the load generator ended with ${status}`);
  });
  failed.catch(() => undefined);
  await Promise.race([once(child, 'message'), failed]);
  const { hostname: host, port } = new URL(target.url);
  const answered = once(child, 'message');
  child.send({ ...pace, ...textOf(target), host, port: Number(port), values: target.values, expected });
  void until?.then(() => child.connected && child.send('stop'));
  const [load] = (await Promise.race([answered, failed])) as [PacedLoad];
  return load;
}

/** How often each was answered. */
export function tally(answers: readonly Answered[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { what } of answers) counts[what] = (counts[what] ?? 0) + 1;
  return counts;
}

/** Of all answers, from when each was due. */
export function latencies(answers: readonly Answered[]): Quantiles {
  return quantiles(answers.map(({ ms }) => ms));
}
