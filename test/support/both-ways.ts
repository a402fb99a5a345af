import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import type { RunningGateway } from '../../src/gateway.js';

/** What both ways must agree in. */
export interface SeenAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Sent {
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface BothWays {
  /** By `inject`, which knows nothing of the server in front: Fastify and Apollo Server answer. */
  longWay(sent: Sent): Promise<SeenAnswer>;
  /** Over the port: a prepared query is answered in front. */
  overThePort(sent: Sent): Promise<SeenAnswer>;
  /** How many requests were answered in front so far. */
  fastQueries(): Promise<number>;
  close(): void;
}

/** Of a connection, or of the moment. */
const OF_THE_WIRE = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding']);
const ALWAYS = { 'content-type': 'application/json', 'x-request-id': 'both-ways' };

export function bothWays({ app, metricsText }: RunningGateway, url: string): BothWays {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(url);

  return {
    longWay: async ({ body, headers }) => {
      const answer = await app.inject({
        ...{ method: 'POST', url: '/graphql', payload: body },
        headers: { ...ALWAYS, ...headers },
      });
      return { status: answer.statusCode, headers: lasting(answer.headers), body: answer.body };
    },
    overThePort: ({ body, headers }) =>
      new Promise((resolve, reject) => {
        const all = { ...ALWAYS, 'content-length': String(Buffer.byteLength(body)), ...headers };
        const asked = request({ agent, hostname, port, method: 'POST', path: '/graphql', headers: all }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            const status = answer.statusCode ?? 0;
            resolve({ status, headers: lasting(answer.headers), body: Buffer.concat(chunks).toString() });
          });
        });
        asked.on('error', reject);
        asked.end(body);
      }),
    fastQueries: async () => fastQueriesIn(await metricsText()),
    close: () => agent.destroy(),
  };
}

export function fastQueriesIn(metricsText: string): number {
  return Number(/^menjin_fast_queries_total (\d+)$/m.exec(metricsText)?.[1]);
}

function lasting(headers: IncomingHttpHeaders | NodeJS.Dict<number | string | string[]>): Record<string, string> {
  const entries = Object.entries(headers).filter(([name]) => !OF_THE_WIRE.has(name));
  return Object.fromEntries(entries.map(([name, value]): [string, string] => [name, String(value)]).sort());
}
