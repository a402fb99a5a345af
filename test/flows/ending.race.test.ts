import { describeWithService } from '../servers/describe-with-service.js';
import { raceSuite } from '../suites/ending.js';
import { openRedisScene } from '../support/redis-scene.js';
import { describeOnEachDatabase } from '../support/shared-stores.js';
import { startTwoProcesses } from '../support/two-processes.js';

const config = { sessionsPerUser: 1000 };

describeOnEachDatabase('sessions in the database', (open) => {
  raceSuite('two processes', async () => {
    const { p1, p2, clock, close } = await startTwoProcesses({ p1: config, p2: config }, open);
    return { gateways: [p1, p2], clock, close };
  });
});

describeWithService('redis', 'sessions in Redis', () => {
  raceSuite('Redis', async () => {
    const scene = await openRedisScene();
    const { url } = await scene.redis();
    const gateway = await scene.gateway(url, { config });
    return { gateways: [gateway], clock: gateway.clock, close: () => scene.close() };
  });
});
