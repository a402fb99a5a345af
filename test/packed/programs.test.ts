import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runTsc } from '../contract/compile-fixtures.js';
import { freePort } from '../support/ports.js';
import { guarded, plain, required, typed } from './programs.js';
import { type Program, startProgram, writeFiles } from './sandbox.js';

const compilerOptions = {
  target: 'ES2022',
  module: 'NodeNext',
  types: ['node'],
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
};
const clean = { status: 0, signal: null, stdout: '', stderr: '' };
/** Of the form of a token, and of no session. */
const deadToken = `mj_${'A'.repeat(43)}`;

let folder: string;

async function openidOf(program: Program, token: string): Promise<string> {
  const { data } = await program.graphql('{ viewer { openid } }', token);
  return (data?.viewer as { openid: string } | undefined)?.openid ?? 'nobody';
}

beforeAll(async () => {
  folder = writeFiles('programs', {
    'plain.js': plain,
    'typed.ts': typed,
    'guarded.ts': guarded,
    'required.cjs': required,
    'tsconfig.json': JSON.stringify({ compilerOptions, files: ['typed.ts', 'guarded.ts'] }),
  });
  expect(await runTsc('typescript-5.9', '-p', folder)).toBe('');
}, 120_000);

describe.each([
  ['JavaScript with typeDefs', 'plain.js', plain],
  ['TypeScript with a resolver class', 'typed.js', typed],
])('about twenty lines of %s in an empty project', (_title, file, source) => {
  let program: Program;

  beforeAll(async () => {
    program = await startProgram(path.join(folder, file));
  });

  afterAll(() => program?.kill());

  test('are about twenty', () => {
    expect(source.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(20);
  });

  test('greet the viewer, and whoever has no token', async () => {
    const token = await program.logIn('alice');
    const openid = await openidOf(program, token);
    expect(await program.graphql('{ greeting }', token)).toEqual({
      status: 200,
      data: { greeting: `Hello, ${openid}.` },
      codes: [],
    });
    expect((await program.graphql('{ greeting }')).data).toEqual({ greeting: 'Hello, whoever you are.' });
  });

  test('keep a guarded field: UNAUTHENTICATED without a token and with a dead one', async () => {
    expect((await program.graphql('{ points }', await program.logIn('alice'))).data).toEqual({
      points: expect.any(Number),
    });
    for (const token of [null, deadToken]) {
      expect(await program.graphql('{ points }', token)).toEqual({
        status: 401,
        data: null,
        codes: ['UNAUTHENTICATED'],
      });
    }
  });

  test('end by themselves when the gateway is closed, and have nothing to say', async () => {
    expect(await program.end()).toEqual(clean);
  });
});

const guards = [
  ['the class of a resolver', '{ club }'],
  ['the class of an object type', '{ vault { gold } }'],
  ['a field of an object type', '{ shelf { contents } }'],
  ['a simple field', '{ shelf { letters } }'],
  ['a field resolver', '{ shelf { owner } }'],
  ['a query that wants a role', '{ ledger }'],
] as const;

describe('@Authorized()', () => {
  let program: Program;
  let token: string;

  beforeAll(async () => {
    program = await startProgram(path.join(folder, 'guarded.js'));
    token = await program.logIn('alice');
  });

  afterAll(async () => {
    expect(await program?.end()).toEqual(clean);
  });

  test.each(guards)('on %s asks for a viewer', async (_place, query) => {
    for (const nobody of [null, deadToken]) {
      expect(await program.graphql(query, nobody)).toEqual({ status: 401, data: null, codes: ['UNAUTHENTICATED'] });
    }
  });

  test.each(guards.slice(0, -1))('on %s lets a viewer in', async (_place, query) => {
    const { status, data, codes } = await program.graphql(query, token);
    expect([status, codes]).toEqual([200, []]);
    expect(JSON.stringify(data)).toContain('"seen"');
  });

  test('with a role is FORBIDDEN for a viewer who has none', async () => {
    expect(await program.graphql('{ ledger }', token)).toEqual({ status: 200, data: null, codes: ['FORBIDDEN'] });
  });

  test('guards nothing beside it', async () => {
    expect((await program.graphql('{ shelf { label } }')).data).toEqual({ shelf: { label: 'seen by all' } });
  });
});

test('@Authorized() with a role lets in who has it', async () => {
  const first = await startProgram(path.join(folder, 'guarded.js'));
  const token = await first.logIn('alice');
  const openid = await openidOf(first, token);
  await first.end();
  const second = await startProgram(path.join(folder, 'guarded.js'), { ADMIN: openid });
  try {
    expect(await second.graphql('{ ledger }', await second.logIn('alice'))).toMatchObject({ data: { ledger: 'seen' } });
  } finally {
    await second.end();
  }
});

describe('while the store of the sessions is down', () => {
  let program: Program;

  beforeAll(async () => {
    const SESSION_STORE_URL = `redis://127.0.0.1:${await freePort()}`;
    program = await startProgram(path.join(folder, 'guarded.js'), { SESSION_STORE_URL });
  });

  afterAll(() => program?.kill());

  test.each(guards)('@Authorized() on %s is SERVICE_UNAVAILABLE, and nobody is logged out', async (_place, query) => {
    expect(await program.graphql(query, deadToken)).toEqual({
      status: 503,
      data: null,
      codes: ['SERVICE_UNAVAILABLE'],
    });
  });

  test('who sent no token is still UNAUTHENTICATED', async () => {
    expect(await program.graphql('{ club }')).toEqual({ status: 401, data: null, codes: ['UNAUTHENTICATED'] });
  });

  test('the process ends by itself all the same', async () => {
    expect(await program.end()).toEqual(clean);
  });
});

test('require works, without a warning', async () => {
  const program = await startProgram(path.join(folder, 'required.cjs'));
  expect((await program.graphql('{ viewer { openid } }')).data).toEqual({ viewer: null });
  expect(await program.end()).toEqual(clean);
});
