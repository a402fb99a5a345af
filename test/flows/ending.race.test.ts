import { setTimeout as sleep } from 'node:timers/promises';
import { describeWithService } from '../servers/describe-with-service.js';
import { startRedis } from '../servers/redis.js';
import { raceSuite } from '../suites/ending.js';
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
  raceSuite('two processes', async () => {
    const server = await startRedis();
    const inRedis = { ...config, sessionStoreUrl: { kind: 'redis', url: server.url } as const };
    const { p1, p2, clock, close } = await startTwoProcesses({ p1: inRedis, p2: inRedis });
    for (const { running } of [p1, p2]) {
      while ((await running.app.inject({ url: '/readyz' })).statusCode !== 200) await sleep(5);
    }
    return {
      gateways: [p1, p2],
      clock,
      close: async () => {
        await close();
        await server.stop();
      },
    };
  });
});
