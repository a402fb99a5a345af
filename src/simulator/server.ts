import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';

export interface ListeningServer {
  /** Where this machine reaches it. */
  readonly url: string;
  /** Frees the port and drops every connection. Calling it again waits for the same end. */
  close(): Promise<void>;
}

const limits = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
};
const CONNECTION_LIMIT = 10_000;

/** @throws Error (`EADDRINUSE` and the like) when the port cannot be had */
export async function listen(answer: RequestListener, port: number, host: string): Promise<ListeningServer> {
  const server = createServer(limits, answer);
  server.maxConnections = CONNECTION_LIMIT;
  server.listen(port, host);
  await once(server, 'listening');

  let closing: Promise<void> | null = null;
  return {
    url: urlOf(server),
    close: () => {
      closing ??= closeServer(server);
      return closing;
    },
  };
}

/** Who listens on every address is reached at the loopback one. */
const loopbackOf: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

function urlOf(server: Server): string {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('the simulator listens on no TCP port');
  const address = loopbackOf[bound.address] ?? bound.address;
  return `http://${address.includes(':') ? `[${address}]` : address}:${bound.port}`;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
