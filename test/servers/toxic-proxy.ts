import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/ports.js';

/** A TCP proxy on a loopback port that does to its connections what networks do. All of it can change while it runs. */
export interface ToxicProxy {
  readonly port: number;
  /** Later connections go to this port; those that are open stay where they are. */
  target(port: number): void;
  /** Everything that the server sends arrives so much later, give or take the jitter, in order. */
  latency(ms: number, jitterMs?: number): void;
  /** In each direction of each connection. */
  bandwidth(bytesPerSecond: number): void;
  /** Sends nothing in longer pieces. */
  slice(bytes: number): void;
  /**
   * Nothing gets through, in neither direction, not even an end; what was sent waits, as TCP sends it again and again.
   * @param which only the connections that are open now, as when a firewall has forgotten them, or later ones too
   */
  blackHole(which: 'open' | 'all'): void;
  /**
   * RST to the client that receives the so manieth byte of reply from now on, behind that byte. Once.
   * @param sent counts what the connection gets, and no other, that is the first to send this text
   */
  resetAfter(replyBytes: number, sent?: string): void;
  /** Ends all connections with RST and refuses new ones. */
  refuse(): Promise<void>;
  /** Takes everything away again, but for the target. */
  heal(): Promise<void>;
  close(): Promise<void>;
}

const HEALTHY = {
  latencyMs: 0,
  jitterMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  sliceBytes: Number.POSITIVE_INFINITY,
  replyBytesLeft: Number.POSITIVE_INFINITY,
  resetOf: null as { readonly sent: string; readonly replyBytes: number } | null,
  swallowsNew: false,
};

const IDLE_MS = 100;

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  isSwallowed: boolean;
  replyBytesLeft: number;
  /** The end of what the client has sent. */
  sentLast: string;
}

export async function startToxicProxy(firstTarget: number): Promise<ToxicProxy> {
  const connections = new Set<Connection>();
  let targetPort = firstTarget;
  const toxics = { ...HEALTHY };
  const waiting: (() => void)[] = [];

  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    const connection: Connection = {
      ...{ client, server, isSwallowed: toxics.swallowsNew },
      ...{ replyBytesLeft: Number.POSITIVE_INFINITY, sentLast: '' },
    };
    connections.add(connection);
    server.once('close', () => connections.delete(connection));
    for (const socket of [client, server]) socket.on('error', () => undefined);
    pipe(connection, client, server);
    pipe(connection, server, client);
  });

  function pipe(connection: Connection, from: Socket, to: Socket): void {
    let done: Promise<unknown> = Promise.resolve();
    const line = { freeAt: 0 };
    const next = (work: () => Promise<unknown>) => {
      const { latencyMs, jitterMs } = toxics;
      const delayMs = from === connection.server ? latencyMs + (2 * Math.random() - 1) * jitterMs : 0;
      done = Promise.all([done, delayMs > 0 ? sleep(delayMs) : null]).then(work);
    };
    from.on('data', (chunk) => next(() => deliver(connection, chunk, to, line)));
    from.on('close', () => next(() => throughHole(connection).then(() => to.destroySoon())));
  }

  async function deliver(connection: Connection, chunk: Buffer, to: Socket, line: { freeAt: number }): Promise<void> {
    for (let rest = chunk; rest.length > 0; ) {
      await throughHole(connection);
      const piece = rest.subarray(0, toxics.sliceBytes);
      rest = rest.subarray(piece.length);
      if (toxics.bytesPerSecond < Number.POSITIVE_INFINITY) {
        const now = performance.now();
        // Timers are late; the line makes up for that, unless nothing was sent for a while.
        line.freeAt = (line.freeAt < now - IDLE_MS ? now : line.freeAt) + (piece.length / toxics.bytesPerSecond) * 1000;
        if (line.freeAt > now) await sleep(line.freeAt - now);
      }
      if (to === connection.server) {
        noteSent(connection, piece);
        await written(to, piece);
        continue;
      }
      const left = Math.min(toxics.replyBytesLeft, connection.replyBytesLeft);
      for (const counting of [toxics, connection]) counting.replyBytesLeft = leftBehind(counting, piece.length);
      await written(to, piece.subarray(0, left));
      if (piece.length < left) continue;
      // Together with the last bytes it would be read as an ordinary end.
      await sleep(5);
      reset(to);
    }
  }

  function noteSent(connection: Connection, piece: Buffer): void {
    if (toxics.resetOf === null) return;
    const { sent, replyBytes } = toxics.resetOf;
    const text = connection.sentLast + piece.toString('latin1');
    // It may come in two pieces.
    connection.sentLast = text.slice(-sent.length);
    if (!text.includes(sent)) return;
    toxics.resetOf = null;
    connection.replyBytesLeft = replyBytes;
  }

  async function throughHole(connection: Connection): Promise<void> {
    while (connection.isSwallowed) await new Promise<void>((resolve) => waiting.push(resolve));
  }

  async function refuse(): Promise<void> {
    if (!listener.listening) return;
    const closed = once(listener, 'close');
    listener.close();
    for (const { client, server } of connections) {
      reset(client);
      reset(server);
    }
    await closed;
  }

  async function listen(port: number): Promise<void> {
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
  }

  async function heal(): Promise<void> {
    Object.assign(toxics, HEALTHY);
    for (const connection of connections) {
      Object.assign(connection, { isSwallowed: false, replyBytesLeft: Number.POSITIVE_INFINITY });
    }
    for (const goOn of waiting.splice(0)) goOn();
    if (!listener.listening) await listen(port);
  }

  const port = await freePort();
  await listen(port);
  return {
    port,
    target: (to) => {
      targetPort = to;
    },
    latency: (latencyMs, jitterMs = 0) => Object.assign(toxics, { latencyMs, jitterMs }),
    bandwidth: (bytesPerSecond) => Object.assign(toxics, { bytesPerSecond }),
    slice: (sliceBytes) => Object.assign(toxics, { sliceBytes }),
    blackHole: (which) => {
      toxics.swallowsNew = which === 'all';
      for (const connection of connections) connection.isSwallowed = true;
    },
    resetAfter: (replyBytes, sent) => {
      if (sent === undefined) toxics.replyBytesLeft = replyBytes;
      else toxics.resetOf = { sent, replyBytes };
    },
    refuse,
    heal,
    close: async () => {
      await heal();
      await refuse();
    },
  };
}

/** Once, so that none is left when it has come. */
function leftBehind({ replyBytesLeft }: { replyBytesLeft: number }, bytes: number): number {
  return bytes >= replyBytesLeft ? Number.POSITIVE_INFINITY : replyBytesLeft - bytes;
}

/** Also when the other side is gone: what it does not get is lost. */
function written(to: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => to.write(bytes, () => resolve()));
}

/** `resetAndDestroy` sends an ordinary end before the RST. */
function reset(socket: Socket): void {
  Object.assign(socket, { resetAndClosing: true }).destroy();
}
