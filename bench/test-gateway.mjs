// How long does a test wait for its gateway? `npm run build`, then `node bench/test-gateway.mjs`; it takes less than a
// minute. The floor is a bare Apollo Server behind a bare Fastify, with one resolver, asked once.
import { execFile } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const isQuick = process.argv.includes('--quick');
const FRESH_PROCESSES = isQuick ? 2 : 9;
const FRESH_BUDGET_MS = 35_000;
const WARM_ROUNDS = isQuick ? 3 : 30;

/** Each loads what it needs, and gives a function that makes one and asks it once. */
const subjects = {
  async menjin() {
    const { createTestGateway } = await import('../dist/testing/index.js');
    return async () => {
      const gateway = await createTestGateway();
      return { ask: () => gateway.signInAs('alice'), close: gateway.close };
    };
  },

  async bare() {
    const [{ ApolloServer, HeaderMap }, { default: Fastify }] = await Promise.all([
      import('@apollo/server'),
      import('fastify'),
    ]);
    return async () => {
      const apollo = new ApolloServer({
        typeDefs: 'type Query { hello: String! }',
        resolvers: { Query: { hello: () => 'hello' } },
      });
      await apollo.start();
      const app = Fastify();
      app.post('/graphql', async ({ body, headers }, reply) => {
        const { status, body: answer } = await apollo.executeHTTPGraphQLRequest({
          httpGraphQLRequest: { method: 'POST', headers: new HeaderMap(Object.entries(headers)), search: '', body },
          context: async () => ({}),
        });
        return reply
          .status(status ?? 200)
          .type('application/json')
          .send(answer.string);
      });
      return {
        async ask() {
          const response = await app.inject({ method: 'POST', url: '/graphql', payload: { query: '{ hello }' } });
          if (response.json().data.hello !== 'hello') throw new Error(`the bare server answered ${response.body}`);
        },
        async close() {
          await app.close();
          await apollo.stop();
        },
      };
    };
  },
};

async function timed(work) {
  const startedAt = performance.now();
  const result = await work();
  return { result, ms: performance.now() - startedAt };
}

async function measureFresh(subject) {
  const { result: create, ms: importMs } = await timed(subjects[subject]);
  const { result: made, ms: createMs } = await timed(create);
  const { ms: askMs } = await timed(made.ask);
  await made.close();
  return { importMs, createMs, askMs };
}

async function measureWarm(subject) {
  const create = await subjects[subject]();
  const rounds = [];
  // The first is not counted: it warms up.
  for (let round = 0; round <= WARM_ROUNDS; round += 1) {
    const { ms } = await timed(async () => {
      const { ask, close } = await create();
      await ask();
      await close();
    });
    if (round > 0) rounds.push(ms);
  }
  return rounds;
}

/** In turns, so that whatever else the machine does falls on both. */
async function measureFreshInTurns() {
  const fresh = { menjin: [], bare: [] };
  const startedAt = performance.now();
  for (let round = 0; round < FRESH_PROCESSES && performance.now() - startedAt < FRESH_BUDGET_MS; round += 1) {
    for (const [subject, measured] of Object.entries(fresh)) {
      const args = [fileURLToPath(import.meta.url), subject];
      const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
      measured.push(JSON.parse(stdout));
    }
  }
  return fresh;
}

function row(what, values) {
  const sorted = [...values].sort((a, b) => a - b);
  const numbers = [sorted[Math.floor(sorted.length / 2)], sorted[0], sorted.at(-1)];
  return [what, ...numbers.map((ms) => ms.toFixed(1))];
}

function print(rows) {
  for (const [what, ...numbers] of rows) {
    console.log([what.padEnd(48), ...numbers.map((number) => number.padStart(8))].join(' '));
  }
}

async function main() {
  const { menjin, bare } = await measureFreshInTurns();
  const load = loadavg()[0].toFixed(1);
  const model = cpus()[0]?.model ?? 'unknown';
  console.log(
    `Node ${process.version}, ${process.platform} ${process.arch}, ${availableParallelism()} x ${model}, load ${load}`,
  );
  print([
    ['ms', 'median', 'min', 'max'],
    ...[
      ['menjin', menjin, 'createTestGateway', 'signInAs'],
      ['bare', bare, 'Apollo and Fastify', 'request'],
    ].flatMap(([name, rounds, creation, question]) => [
      row(
        `${name}: import, in a new process (${rounds.length})`,
        rounds.map(({ importMs }) => importMs),
      ),
      row(
        `${name}: first ${creation}`,
        rounds.map(({ createMs }) => createMs),
      ),
      row(
        `${name}: first ${question}`,
        rounds.map(({ askMs }) => askMs),
      ),
    ]),
    row(`menjin: create, sign in, close (${WARM_ROUNDS}, warm)`, await measureWarm('menjin')),
    row(`bare: create, ask, close (${WARM_ROUNDS}, warm)`, await measureWarm('bare')),
  ]);
}

const [subject] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
if (subject === undefined) await main();
else console.log(JSON.stringify(await measureFresh(subject)));
