import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { answerCommands } from '../support/child-side.js';

// The other ends of a crowd's connections: in a process of their own, as one has not descriptors enough for both.

const AT_ONCE = 200;
const idle: Socket[] = [];

async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Asks once, and keeps the connection. @returns how many were answered */
async function stay(port: number, count: number): Promise<number> {
  let answered = 0;
  for (let opened = 0; opened < count; opened += AT_ONCE) {
    const sockets = await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - opened) }, () => openSocket(port)),
    );
    idle.push(...sockets);
    const answers = sockets.map(async (socket) => {
      socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
      const [answer] = (await once(socket, 'data')) as [Buffer];
      return answer.toString().startsWith('HTTP/1.1 200 ');
    });
    answered += (await Promise.all(answers)).filter(Boolean).length;
  }
  return answered;
}

/** Sends the headers of a request that has no end, byte by byte, until the connection is ended. */
async function dawdle(port: number): Promise<void> {
  const socket = await openSocket(port);
  const isClosed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.resume();
  socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  const timer = setInterval(() => socket.write('x'), 50);
  await isClosed;
  clearInterval(timer);
}

answerCommands({
  stay,
  stillThere: () => idle.filter(({ readyState }) => readyState === 'open').length,
  /** @returns how many there were, when the last of them has been ended */
  dawdle: async (port: number, count: number) =>
    (await Promise.all(Array.from({ length: count }, () => dawdle(port)))).length,
});
