import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { DeadlineError, withDeadline } from '../../src/lib/deadline.js';
import { deferred } from '../support/faults.js';
import { startOwnTime } from '../support/own-time.js';

const never = new Promise<never>(() => undefined);

describe('a deadline', () => {
  test('lets an answer and a failure in time through', async () => {
    expect(await withDeadline(Promise.resolve(7), 10_000)).toBe(7);
    await expect(withDeadline(Promise.reject(new RangeError('no')), 10_000)).rejects.toThrow(RangeError);
  });

  test('ends the wait for what never comes', async () => {
    const took = startOwnTime();
    await expect(withDeadline(never, 30)).rejects.toThrow(DeadlineError);
    expect(took()).toBeLessThan(1_000);
  });

  test('lets through what had arrived before a stall of the process ended', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [served] = (await once(server, 'connection')) as [Socket];
    const answer = withDeadline(once(client, 'data'), 20);
    served.write('in time');
    const stallEnd = performance.now() + 60;
    while (performance.now() < stallEnd);
    expect(`${await answer}`).toBe('in time');
    client.destroy();
    server.close();
  });

  test('drops a failure that comes too late', async () => {
    const late = deferred<void>();
    const work = late.promise.then(() => {
      throw new Error('too late');
    });
    // An unhandled rejection would end this process.
    await expect(withDeadline(work, 1)).rejects.toThrow(DeadlineError);
    late.resolve();
    await expect(work).rejects.toThrow('too late');
  });

  test('leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    await withDeadline(Promise.resolve(), 60_000);
    await withDeadline(Promise.reject(new Error('no')), 60_000).catch(() => undefined);
    expect(timers()).toBe(before);
  });
});
