import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Servers run on one core, and whatever asks them on another: neither takes the other's time. */
export interface Cores {
  readonly server: number;
  readonly load: number;
}

/** null where a process cannot be kept to a core, or there is but one. */
export const cores = findCores();

/** For tables: what is not so must be said beside the figures. */
export const coresSentence =
  cores === null
    ? 'Server and load were not kept to cores of their own.'
    : `Servers on core ${cores.server}, whatever asks them on core ${cores.load}.`;

/** The command that runs this one on that core. */
export function onCore(role: keyof Cores | 'any', command: readonly string[]): readonly string[] {
  return cores === null || role === 'any' ? command : ['taskset', '-c', `${cores[role]}`, ...command];
}

/** For what is running already, with all its threads. */
export function keepToCore(role: keyof Cores, pid: number): void {
  if (cores !== null) execFileSync('taskset', ['-a', '-p', '-c', `${cores[role]}`, `${pid}`], { stdio: 'ignore' });
}

function findCores(): Cores | null {
  if (process.platform !== 'linux') return null;
  try {
    execFileSync('taskset', ['-V'], { stdio: 'ignore' });
  } catch {
    return null;
  }
  const [server, load] = allowedCores();
  return server === undefined || load === undefined ? null : { server, load };
}

/** Of `0-1,4` each. */
function allowedCores(): number[] {
  const [, list = ''] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
