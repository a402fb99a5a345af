// askAtPace in a process of its own: it is told what to ask, tells what was answered, and ends. A second word ends it sooner.
import { askAtPace, type Pace } from './paced.js';

process.once('message', async (pace: Pace) => {
  let isOver = false;
  process.once('message', () => {
    isOver = true;
  });
  const load = await askAtPace(pace, () => isOver);
  process.send?.(load, () => process.disconnect());
});
process.send?.('ready');
