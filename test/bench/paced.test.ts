import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { tally } from '../../bench/load/at-pace.js';
import { askAtPace } from '../../bench/load/paced.js';
import { textOf } from '../../bench/load/target.js';

/** By path: the right answer, somebody else's, a refusal, or none. */
const ANSWERS: Readonly<Record<string, string>> = {
  '/alice': '{"openid":"alice"}',
  '/other': '{"openid":"alice"}',
  '/unknown': '{"errors":[{"extensions":{"code":"SERVICE_UNAVAILABLE"}}]}',
};

async function startServer() {
  const server = createServer(({ url = '' }, response) => {
    const answer = ANSWERS[url];
    if (answer === undefined) return response.destroy();
    return response.writeHead(200, { 'content-length': answer.length }).end(answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
    return once(server, 'close');
  };
  return { port, close };
}

test.each([
  ['at once', Number.POSITIVE_INFINITY],
  ['at a fixed rate', 500],
])('what is asked %s is counted by what was answered, and only the right answer as right', async (_, perSecond) => {
  const { port, close } = await startServer();
  try {
    const values = ['alice', 'other', 'unknown', 'broken'];
    const request = { method: 'GET', path: '/{{value}}', headers: {} };
    const text = textOf({ url: `http://127.0.0.1:${port}`, request, values });
    const { answers } = await askAtPace({
      ...{ ...text, host: '127.0.0.1', port, values, expected: values.map((value) => `"openid":"${value}"`) },
      ...{ perSecond, total: 40, connections: 3 },
    });
    expect(tally(answers)).toEqual({ right: 10, wrong: 10, SERVICE_UNAVAILABLE: 10, 'connection broke': 10 });
    if (perSecond < 1000) expect(Math.max(...answers.map(({ dueMs }) => dueMs))).toBe(78);
  } finally {
    await close();
  }
});

test('nothing more is asked when it is over, and what was asked is waited for', async () => {
  const { port, close } = await startServer();
  try {
    const text = textOf({
      ...{ url: `http://127.0.0.1:${port}`, values: ['alice'] },
      request: { method: 'GET', path: '/{{value}}', headers: {} },
    });
    let looks = 0;
    const isOver = () => {
      looks += 1;
      return looks > 20;
    };
    const { answers } = await askAtPace(
      {
        ...{ ...text, host: '127.0.0.1', port, values: ['alice'], expected: ['alice'] },
        ...{ perSecond: Number.POSITIVE_INFINITY, total: 1_000_000, connections: 2 },
      },
      isOver,
    );
    expect(tally(answers)).toEqual({ right: answers.length });
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.length).toBeLessThan(21);
  } finally {
    await close();
  }
});
