import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** What a Redis that is of no use now answers each command with, the name of which is in capitals. */
export type Refusal = (command: string) => string;

/** Speaks just enough of Redis's protocol to refuse. Its clients may believe it healthy: it greets them as a Redis does. */
export async function startRefusingRedis(refusal: Refusal): Promise<{ port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let received = '';
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      for (let taken = takeCommand(received); taken !== null; taken = takeCommand(received)) {
        received = taken.rest;
        socket.write(GREETINGS.has(taken.command) ? '+OK\r\n' : `${refusal(taken.command)}\r\n`);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const GREETINGS: ReadonlySet<string> = new Set(['AUTH', 'CLIENT', 'SELECT']);

/** The first whole command, an array of texts that state their lengths. */
function takeCommand(text: string): { command: string; rest: string } | null {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return null;
  let at = head[0].length;
  let command = '';
  for (let left = Number(head[1]); left > 0; left -= 1) {
    const length = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (length === null) return null;
    const from = at + length[0].length;
    at = from + Number(length[1]) + 2;
    if (text.length < at) return null;
    command ||= text.slice(from, at - 2).toUpperCase();
  }
  return { command, rest: text.slice(at) };
}
