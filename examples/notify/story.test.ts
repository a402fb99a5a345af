import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { startWorld } from './start-world.js';
import { tellStory } from './story.js';

test('the story goes as story.txt has it', async () => {
  const world = await startWorld();
  const lines: string[] = [];
  await tellStory(world, (line) => lines.push(line)).finally(world.close);

  const expected = await readFile(new URL('../story.txt', import.meta.url), 'utf8');
  assert.deepEqual(lines, expected.trimEnd().split(/\r?\n/));
});
