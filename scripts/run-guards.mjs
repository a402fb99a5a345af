import { runFaultTests } from './fault-tests.mjs';
import { isInstalled } from './install-packages.mjs';
import { Sentence } from './run-command.mjs';
import { workspaceOf } from './workspace.mjs';

const atOnce = 2;
const timeoutMs = 120_000;
const allTimeoutMs = 900_000;

/**
 * Turns off one guard of the catalogue at a time, and expects that the tests of its faults fail, which pass while it is on.
 * Prints a line for each guard and, last, the counts.
 *
 * @param {string[]} names of some guards only; all of them when there is none
 * @returns {Promise<number>} the exit code
 */
export async function runGuards(names) {
  const { root } = workspaceOf(import.meta.url);
  // Not the build as well: a guard is off only in what the tests compile.
  if (!isInstalled(root)) throw new Sentence('Packages are missing. Run: npm ci --ignore-scripts');
  const guards = select(await readGuards(), names);

  console.error(`Running the tests of ${guards.length} guards with all of them on.`);
  const faults = guards.flatMap((guard) => guard.faults);
  const whole = await runFaultTests(faults, { root, off: [], timeoutMs: allTimeoutMs, workers: atOnce });
  if (whole.isTimedOut) throw new Sentence('They take too long.');

  const waiting = [...guards];
  let red = 0;
  const work = async () => {
    for (let guard = waiting.shift(); guard !== undefined; guard = waiting.shift()) {
      const startedAt = performance.now();
      const { isRed, sentence, output } = checkOn(guard, whole) ?? (await turnOff(guard, root));
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(`${guard.name} (${numbersOf(guard.faults)}): ${sentence}, ${seconds} s`);
      if (isRed) red += 1;
      else if (output) console.error(output);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  console.log(`${red} red, ${guards.length - red} not`);
  return red === guards.length ? 0 : 1;
}

async function readGuards() {
  await import(new URL('../test/support/typescript.mjs', import.meta.url).href);
  const { faultGroups } = await import(new URL('../test/faults/catalogue.ts', import.meta.url).href);
  const faults = faultGroups.flatMap((group) => group.faults);
  return faultGroups
    .flatMap((group) => Object.entries(group.guards))
    .map(([name, { off }]) => ({ name, off, faults: faults.filter(({ guard }) => guard === name) }));
}

function select(guards, names) {
  const unknown = names.filter((name) => guards.every((guard) => guard.name !== name));
  if (unknown.length > 0) {
    const known = guards.map(({ name }) => name).join(', ');
    throw new Sentence(`No guard is called ${unknown.join(' or ')}. There are: ${known}.`);
  }
  return names.length === 0 ? guards : guards.filter(({ name }) => names.includes(name));
}

/** A test that fails anyway proves nothing by failing. null when all pass. */
function checkOn({ faults }, { outcomeOf, output }) {
  const missing = faults.filter((fault) => outcomeOf(fault) === 'not run');
  if (missing.length > 0) return { isRed: false, sentence: `NO TEST of ${numbersOf(missing)} RAN`, output };
  const failing = faults.filter((fault) => outcomeOf(fault) === 'red');
  if (failing.length > 0) return { isRed: false, sentence: `${numbersOf(failing)} FAILS WITH IT ON` };
  return null;
}

async function turnOff({ off, faults }, root) {
  const { isTimedOut, output, outcomeOf } = await runFaultTests(faults, { root, off, timeoutMs, workers: 1 });
  if (isTimedOut) return { isRed: true, sentence: 'red (hung)' };
  const missing = faults.filter((fault) => outcomeOf(fault) === 'not run');
  if (missing.length > 0) return { isRed: false, sentence: `NO TEST of ${numbersOf(missing)} RAN without it`, output };
  const green = faults.filter((fault) => outcomeOf(fault) === 'green');
  if (green.length > 0) return { isRed: false, sentence: `${numbersOf(green)} STILL GREEN` };
  return { isRed: true, sentence: 'red' };
}

function numbersOf(faults) {
  return faults.map(({ number }) => number).join(', ');
}
