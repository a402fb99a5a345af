import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Chart, svgOf } from './chart.js';
import { type Goal, goalTable, verdictOf } from './goals.js';
import { betweenMarks, markdown, type Table } from './table.js';
import { versions } from './versions.js';

export interface Results {
  /** What a program reads: any JSON. */
  readonly figures: unknown;
  /** What people read. */
  readonly tables: readonly Table[];
  /** What the figures should be, told below them. */
  readonly goals?: readonly Goal[];
  /** What they see. */
  readonly chart?: Chart;
  /** More about where it ran, under the machine. */
  readonly remarks?: readonly string[];
}

const loadAtStart = loadavg()[0];
/** A bench may give some of them up later. */
const coresAtStart = availableParallelism();

/**
 * Prints the tables; a whole run also leaves results/<name>.json and .svg, and puts what people read between the marks of
 * README.md.
 */
export function report(name: string, results: Results, { isTrial }: { isTrial: boolean }): void {
  const { figures, tables, goals = [], chart, remarks = [] } = results;
  const about = { at: new Date().toISOString(), commit: commit(), ...machine() };
  const all = goals.length === 0 ? tables : [...tables, goalTable(goals)];
  const text = [[sentenceOf(about), ...remarks].join('\n'), ...all.map(markdown)].join('\n\n');
  console.log(text);
  if (isTrial) return;
  mkdirSync(new URL('results/', import.meta.url), { recursive: true });
  const rounded = (_key: string, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(4)) : value);
  const judged = goals.map((goal) => ({ ...goal, verdict: verdictOf(goal) }));
  const json = JSON.stringify({ bench: name, ...about, versions: versions(), goals: judged, figures }, rounded, 2);
  writeFileSync(new URL(`results/${name}.json`, import.meta.url), `${json}\n`);
  if (chart !== undefined) writeFileSync(new URL(`results/${name}.svg`, import.meta.url), svgOf(chart));
  const shown = chart === undefined ? text : `${text}\n\n![${chart.title}](results/${name}.svg)`;
  const file = new URL('README.md', import.meta.url);
  writeFileSync(file, betweenMarks(readFileSync(file, 'utf8'), name, shown));
}

function machine() {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: `${coresAtStart} x ${cpus()[0]?.model ?? 'unknown'}`,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    /** Of the last minute: before the bench, and at its end. More than the bench itself makes is other people's work. */
    load: { before: roundedLoad(loadAtStart), atEnd: roundedLoad(loadavg()[0]) },
  };
}

function roundedLoad(load = Number.NaN): number {
  return Number(load.toFixed(1));
}

/** What benches write themselves does not make a tree another one. */
function commit(): string {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const git = (...args: string[]) =>
    execFileSync('git', ['--no-optional-locks', ...args], { cwd, encoding: 'utf8' }).trim();
  try {
    const changes = git('status', '--porcelain', '--', '.', ':!bench/results', ':!bench/README.md');
    return `${git('rev-parse', '--short', 'HEAD')}${changes === '' ? '' : '-dirty'}`;
  } catch {
    return 'unknown';
  }
}

function sentenceOf(about: { at: string; commit: string } & ReturnType<typeof machine>): string {
  const { at, node, platform, cpu, memoryGb, load } = about;
  const where = `${cpu}, ${memoryGb} GB, ${platform}, Node ${node}`;
  return `${at.slice(0, 10)}, commit ${about.commit}, ${where}; load ${load.before} before, ${load.atEnd} at the end.`;
}
