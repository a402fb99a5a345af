import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { svgOf } from '../../bench/chart.js';
import { type Goal, goalTable, verdictOf } from '../../bench/goals.js';
import { textOf } from '../../bench/load/target.js';
import { inTurn, ratioText, summaryOf } from '../../bench/rounds.js';
import { betweenMarks, markdown } from '../../bench/table.js';

describe('rounds', () => {
  test('are told by their median, their ends and their spread', () => {
    expect(summaryOf([90, 110, 100])).toEqual({ median: 100, low: 90, high: 110, spread: 0.2 });
  });

  test('give one ratio while they agree, and a range when they spread more than 15 %', () => {
    expect(ratioText([0.8, 0.81, 0.9])).toBe('0.81');
    expect(ratioText([0.7, 0.81, 0.9])).toBe('0.70 to 0.90');
  });

  test('go the other way every second time', () => {
    expect([0, 1, 2].map((round) => inTurn(['a', 'b'], round).join(''))).toEqual(['ab', 'ba', 'ab']);
  });
});

describe('a target', () => {
  const goal = (sense: 'at least' | 'at most', found: readonly number[]): Goal => ({
    ...{ what: 'speed', wanted: [sense, 0.8], found },
  });

  test('is met or not by the median of the rounds, and says in how many when they do not agree', () => {
    expect(verdictOf(goal('at least', [0.8, 0.9, 0.85]))).toBe('met');
    expect(verdictOf(goal('at least', [0.7, 0.9, 0.85]))).toBe('met in 2 of 3 rounds');
    expect(verdictOf(goal('at most', [0.7, 0.9, 0.85]))).toBe('not met in 2 of 3 rounds');
    expect(verdictOf(goal('at most', [0.9]))).toBe('not met');
  });

  test('that nothing was found for is not met', () => {
    expect(verdictOf(goal('at most', []))).toBe('not met');
    expect(verdictOf(goal('at least', [Number.NaN]))).toBe('not met');
  });

  test('stands beside what was found', () => {
    const found = { ...goal('at least', [0.9]), unit: 'of bare', digits: 1 };
    expect(goalTable([found]).rows).toEqual([['target: speed', 'at least 0.8 of bare', '0.9 of bare', 'met']]);
  });
});

describe('a table', () => {
  test('has words in its first column and numbers in the others', () => {
    expect(markdown({ head: ['', 'ms'], rows: [['menjin', 2]] })).toBe('|  | ms |\n| --- | ---: |\n| menjin | 2 |');
  });

  test('replaces what stands between its marks, and nothing else', () => {
    const document = 'a\n<!-- x: written by its script -->\nold\n<!-- x: end -->\nb';
    expect(betweenMarks(document, 'x', 'new')).toBe(document.replace('old', 'new'));
    expect(() => betweenMarks(document, 'y', 'new')).toThrow('no marks for y');
  });
});

describe('a chart', () => {
  const svg = svgOf({ title: 'a < b', bars: [{ label: 'menjin', value: 50, low: 40, high: 100, isOurs: true }] });

  test('draws a bar as long as its value, and the range of its rounds', () => {
    // The longest thing takes the 430 that labels and numbers leave.
    expect(svg).toContain('<rect class="ours" x="200" y="40" width="215.0"');
    expect(svg).toContain('M372.0 50H630.0');
  });

  test('is read on white and on black, and holds no markup of its texts', () => {
    expect(svg).toContain('@media (prefers-color-scheme: dark)');
    expect(svg).toContain('<title>a &lt; b</title>');
  });
});

describe('the text of a request', () => {
  const target = (values: readonly string[]) => ({
    ...{ url: 'http://127.0.0.1:80', values },
    request: { method: 'POST', path: '/graphql', headers: {}, body: '{"code":"{{value}}"}' },
  });

  test('tells the length of its body with a value in it', () => {
    const { before, after } = textOf(target(['abc', 'def']));
    expect(before).toContain('content-length: 14\r\n');
    expect(`${before}abc${after}`).toMatch(/\r\n\r\n\{"code":"abc"\}$/);
  });

  test('is not made when values of the body differ in length', () => {
    expect(() => textOf(target(['abc', 'de']))).toThrow('one length');
  });
});

test("the benches' lock file records no download address", () => {
  const text = readFileSync(new URL('../../bench/package-lock.json', import.meta.url), 'utf8');
  expect(text).not.toMatch(/"resolved"|https?:\/\/[^"]*\.tgz/);
});
