import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface Results {
  /** What a program reads: any JSON. */
  readonly figures: unknown;
  /** What people read. */
  readonly tables: readonly Table[];
}

const loadAtStart = loadavg()[0];

/** Prints the tables; a whole run also leaves results/<name>.json, and its tables between the marks of README.md. */
export function report(name: string, { figures, tables }: Results, { isTrial }: { isTrial: boolean }): void {
  const about = { at: new Date().toISOString(), commit: commit(), ...machine() };
  const text = `${sentenceOf(about)}\n\n${tables.map(markdown).join('\n\n')}`;
  console.log(text);
  if (isTrial) return;
  mkdirSync(new URL('results/', import.meta.url), { recursive: true });
  const rounded = (_key: string, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(4)) : value);
  const json = JSON.stringify({ bench: name, ...about, figures }, rounded, 2);
  writeFileSync(new URL(`results/${name}.json`, import.meta.url), `${json}\n`);
  putBetweenMarks(name, text);
}

function machine() {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}`,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    /** Of the last minute: before the bench, and at its end. More than the bench itself makes is other people's work. */
    load: { before: roundedLoad(loadAtStart), atEnd: roundedLoad(loadavg()[0]) },
  };
}

function roundedLoad(load = Number.NaN): number {
  return Number(load.toFixed(1));
}

function commit(): string {
  const folder = fileURLToPath(new URL('..', import.meta.url));
  try {
    const args = ['--no-optional-locks', 'describe', '--always', '--dirty', '--exclude', '*'];
    return execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

function sentenceOf(about: { at: string; commit: string } & ReturnType<typeof machine>): string {
  const { at, node, platform, cpu, memoryGb, load } = about;
  const where = `${cpu}, ${memoryGb} GB, ${platform}, Node ${node}`;
  return `${at.slice(0, 10)}, commit ${about.commit}, ${where}; load ${load.before} before, ${load.atEnd} at the end.`;
}

function markdown({ head, rows }: Table): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function putBetweenMarks(name: string, text: string): void {
  const file = new URL('README.md', import.meta.url);
  const readme = readFileSync(file, 'utf8');
  const [begin, end] = [`<!-- ${name}: written by its script -->`, `<!-- ${name}: end -->`];
  const [before, rest] = readme.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`README.md has no marks for ${name}`);
  writeFileSync(file, `${before}${begin}\n${text}\n${end}${after}`);
}
