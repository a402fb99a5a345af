import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startOwnTime } from '../support/own-time.js';
import { startToxicProxy, type ToxicProxy } from './toxic-proxy.js';

/** A server that sends everything back, behind its name. */
async function startEcho(name: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('data', (chunk) => socket.write(name + chunk));
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
const portOf = (server: Server) => (server.address() as AddressInfo).port;

let echo: Server;
let other: Server;
let proxy: ToxicProxy;
let sockets: Socket[];

beforeEach(async () => {
  echo = await startEcho('echo ');
  other = await startEcho('other ');
  proxy = await startToxicProxy(portOf(echo));
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await proxy.close();
  echo.close();
  other.close();
});

async function open(): Promise<Socket> {
  const socket = connect({ port: proxy.port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** Sends a text and waits for an answer of this length; what came, in how many pieces and after how many ms. */
async function exchange(socket: Socket, text: string, length: number) {
  const startedAt = performance.now();
  const pieces: string[] = [];
  socket.write(text);
  while (pieces.join('').length < length) pieces.push(String((await once(socket, 'data'))[0]));
  return { answer: pieces.join(''), pieces: pieces.length, ms: performance.now() - startedAt };
}

/** What comes within so many milliseconds. */
async function received(socket: Socket, ms: number): Promise<string> {
  const data = await once(socket, 'data', { signal: AbortSignal.timeout(ms) }).catch(() => ['']);
  return String(data[0]);
}

test('a healthy proxy changes nothing', async () => {
  expect((await exchange(await open(), 'hello', 10)).answer).toBe('echo hello');
});

test('latency delays every reply, in order, and ends with heal', async () => {
  const socket = await open();
  proxy.latency(100, 90);
  socket.write('a');
  expect((await exchange(socket, 'b', 6)).ms).toBeGreaterThan(9);
  proxy.latency(200);
  expect(await exchange(socket, 'c', 6)).toMatchObject({ answer: expect.stringMatching(/c$/) });
  expect((await exchange(socket, 'd', 6)).ms).toBeGreaterThan(190);
  await proxy.heal();
  const took = startOwnTime();
  await exchange(socket, 'e', 6);
  expect(took()).toBeLessThan(150);
});

test('bandwidth and slices make an answer slow and piecemeal, and leave it whole', async () => {
  const socket = await open();
  proxy.slice(1);
  // A tenth of a second apart: a busy machine reads pieces that come close together as one.
  proxy.bandwidth(10);
  const { answer, pieces, ms } = await exchange(socket, 'a', 6);
  expect(answer).toBe('echo a');
  expect(pieces).toBe(6);
  expect(ms).toBeGreaterThan(30);
});

test('a black hole over everything answers neither old nor new connections; heal delivers what waited', async () => {
  const old = await open();
  await exchange(old, 'a', 6);
  proxy.blackHole('all');
  const late = await open();
  old.write('b');
  late.write('c');
  expect(await Promise.all([received(old, 100), received(late, 100)])).toEqual(['', '']);
  expect([old.destroyed, late.destroyed]).toEqual([false, false]);
  await proxy.heal();
  expect(await received(old, 5_000)).toBe('echo b');
});

test('a black hole over the open connections lets new ones through', async () => {
  const old = await open();
  await exchange(old, 'a', 6);
  proxy.blackHole('open');
  old.write('b');
  expect((await exchange(await open(), 'c', 6)).answer).toBe('echo c');
  expect(await received(old, 100)).toBe('');
});

test('a reset comes behind so many bytes of reply, once', async () => {
  const socket = await open();
  const lost = once(socket, 'close');
  proxy.resetAfter(7);
  expect((await exchange(socket, 'hello', 7)).answer).toBe('echo he');
  await expect(lost).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect((await exchange(await open(), 'hello', 10)).answer).toBe('echo hello');
});

test('a reset comes behind so many bytes of what the connection gets that sends a text, and no other', async () => {
  const [other, socket] = [await open(), await open()];
  const lost = once(socket, 'close');
  proxy.resetAfter(7, 'please');
  expect((await exchange(other, 'hello', 10)).answer).toBe('echo hello');
  expect((await exchange(socket, 'hello', 10)).answer).toBe('echo hello');
  expect((await exchange(socket, 'please', 7)).answer).toBe('echo pl');
  await expect(lost).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect((await exchange(other, 'please', 11)).answer).toBe('echo please');
});

test('refuses connections, ends those that are open, and takes new ones at the same port when healed', async () => {
  const lost = once(await open(), 'close');
  const refusing = proxy.refuse();
  await expect(lost).rejects.toMatchObject({ code: 'ECONNRESET' });
  await refusing;
  await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await proxy.heal();
  expect((await exchange(await open(), 'hello', 10)).answer).toBe('echo hello');
});

test('another target gets the later connections; those that are open stay', async () => {
  const socket = await open();
  await exchange(socket, 'a', 6);
  proxy.target(portOf(other));
  expect((await exchange(await open(), 'b', 7)).answer).toBe('other b');
  expect((await exchange(socket, 'c', 6)).answer).toBe('echo c');
});
