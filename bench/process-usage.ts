import { readFileSync } from 'node:fs';

/** What it keeps in memory, and the most it ever did, in MB. Linux only; else null. */
export function memoryMb(pid: number): { now: number; most: number } | null {
  if (process.platform !== 'linux') return null;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
  return { now: mb('VmRSS'), most: mb('VmHWM') };
}

/** How many seconds of a core it has used so far. Linux only; else null. */
function cpuSeconds(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // The kernel counts in hundredths.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** What servers used while they were asked; null where it cannot be told. */
export interface Usage {
  /** Of one core. Near 1 the server was the limit; less, and it was what asked it, or somebody else was on its core. */
  readonly coreShare: number | null;
  /** For each request, in µs of a core. Who else works on the machine moves it less than a rate. */
  readonly microsEach: number | null;
}

export async function withUsage<T extends { readonly requests: number; readonly perSecond: number }>(
  pids: readonly number[],
  work: () => Promise<T>,
): Promise<T & Usage> {
  const used = () => pids.map(cpuSeconds).reduce((sum, each) => (sum === null || each === null ? null : sum + each), 0);
  const before = used();
  const result = await work();
  const after = used();
  if (before === null || after === null) return { ...result, coreShare: null, microsEach: null };
  const secondsEach = (after - before) / result.requests;
  return { ...result, coreShare: (secondsEach * result.perSecond) / pids.length, microsEach: secondsEach * 1e6 };
}
