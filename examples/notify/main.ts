import { startWorld } from './start-world.js';
import { tellStory } from './story.js';

const world = await startWorld();
await tellStory(world, console.log);
await world.close();
