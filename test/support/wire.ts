import { connect } from 'node:net';

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One TCP connection to a loopback port, for what no HTTP client would send. */
export interface Wire {
  write(bytes: string | Uint8Array): void;
  /** The next answer; null when the connection ends without one. */
  answer(): Promise<WireAnswer | null>;
  /** Resolves when the other side has ended the connection. */
  readonly ended: Promise<void>;
  close(): void;
  /** Closes it with a TCP reset. */
  reset(): void;
}

/** @param keepsOpen ends its side only when it is closed, whatever the other side does. */
export async function openWire(port: number, { keepsOpen = false } = {}): Promise<Wire> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: keepsOpen });
  let received: Buffer = Buffer.alloc(0);
  let isEnded = false;
  let wake = () => {};
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isEnded = true;
      wake();
      resolve();
    });
  });
  // What is lost with the connection shows as an answer that does not come.
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });

  return {
    ended,
    write: (bytes) => void socket.write(bytes),
    close: () => socket.destroy(),
    reset: () => socket.resetAndDestroy(),
    async answer() {
      for (;;) {
        const taken = takeAnswer(received);
        if (taken !== null) {
          received = taken.rest;
          return taken.answer;
        }
        if (isEnded) return null;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** The first whole answer that states its length. */
function takeAnswer(bytes: Buffer): { answer: WireAnswer; rest: Buffer } | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const bodyStart = headEnd + 4;
  const bodyEnd = bodyStart + Number(headers['content-length'] ?? 0);
  if (bytes.length < bodyEnd) return null;
  return {
    answer: { status: Number(statusLine.split(' ')[1]), headers, body: bytes.subarray(bodyStart, bodyEnd).toString() },
    rest: bytes.subarray(bodyEnd),
  };
}
