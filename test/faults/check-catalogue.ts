import type { Edit, Fault, FaultGroup } from './fault.js';

/**
 * What is wrong with a catalogue, one sentence each.
 *
 * @param numbers those that must stand in it
 * @param read the text of a file of the checkout; null when there is none
 */
export function checkCatalogue(
  groups: readonly FaultGroup[],
  numbers: readonly Fault['number'][],
  read: (file: string) => string | null,
): string[] {
  const faults = groups.flatMap((group) => group.faults);
  const guards = groups.flatMap((group) => Object.entries(group.guards));
  const names = guards.map(([name]) => name);
  const listed = faults.map(({ number }) => number);

  return [
    ...numbers.filter((number) => !listed.includes(number)).map((number) => `${number} is missing`),
    ...repeated(listed).map((number) => `${number} stands more than once`),
    ...listed.filter((number) => !numbers.includes(number)).map((number) => `${number} is no number of the catalogue`),
    ...faults.filter(({ guard }) => !names.includes(guard)).map(({ number, guard }) => `${number}: no guard ${guard}`),
    ...faults.flatMap((fault) => checkTest(fault, read)),
    ...repeated(names).map((name) => `${name} is the name of two guards`),
    ...names.filter((name) => !/^[a-z0-9-]+$/.test(name)).map((name) => `${name} cannot be typed as one word`),
    ...names.filter((name) => faults.every(({ guard }) => guard !== name)).map((name) => `${name} guards nothing`),
    ...guards.filter(([, { off }]) => off.length === 0).map(([name]) => `${name} cannot be turned off`),
    ...guards.flatMap(([name, { off }]) => off.flatMap((edit) => checkEdit(name, edit, read))),
  ];
}

function checkTest({ number, test, title }: Fault, read: (file: string) => string | null): string[] {
  const text = read(test);
  if (text === null) return [`${number}: there is no ${test}`];
  // As a whole literal, whatever its quotes.
  const times = timesIn(text, `'${title}'`) + timesIn(text, `"${title}"`) + timesIn(text, `\`${title}\``);
  return times === 1 ? [] : [`${number}: its title stands ${times} times in ${test}`];
}

function checkEdit(name: string, { file, from, to }: Edit, read: (file: string) => string | null): string[] {
  const text = file.startsWith('src/') ? read(file) : null;
  if (text === null) return [`${name}: there is no ${file} in src/`];
  const times = timesIn(text, from);
  if (times !== 1) return [`${name}: what it replaces stands ${times} times in ${file}`];
  return from === to ? [`${name}: it changes nothing in ${file}`] : [];
}

function timesIn(text: string, part: string): number {
  return text.split(part).length - 1;
}

function repeated<T>(items: readonly T[]): T[] {
  return [...new Set(items.filter((item, index) => items.indexOf(item) !== index))];
}
