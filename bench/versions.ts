import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What may have moved a figure: packages as they are installed, and programs as they are found. */
export function versions(): Record<string, string> {
  const peers = dependenciesOf(new URL('package.json', import.meta.url)).map((name) => [
    `bench: ${name}`,
    packageVersion(new URL(`node_modules/${name}/package.json`, import.meta.url)),
  ]);
  const ours = ['@apollo/server', '@redis/client', 'fastify', 'graphql', 'keyv', 'libsql', 'pino'].map((name) => [
    name,
    packageVersion(new URL(`../node_modules/${name}/package.json`, import.meta.url)),
  ]);
  const programs = [
    ['redis-server', programVersion('redis-server', /v=(\S+)/)],
    ['wrk', programVersion('wrk', /wrk (\S+)/)],
  ];
  const found = [...ours, ...peers, ...programs].filter((each): each is [string, string] => each[1] !== null);
  return {
    menjin: packageVersion(new URL('../package.json', import.meta.url)) ?? 'unknown',
    ...Object.fromEntries(found),
  };
}

function dependenciesOf(file: URL): string[] {
  return Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { dependencies: object }).dependencies);
}

function packageVersion(file: URL): string | null {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  } catch {
    return null;
  }
}

/** wrk tells it with a status that means failure. */
function programVersion(program: string, pattern: RegExp): string | null {
  const flag = program === 'wrk' ? '-v' : '--version';
  let output = '';
  try {
    output = execFileSync(program, [flag], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    output = String((error as { stdout?: string }).stdout ?? '');
  }
  return pattern.exec(output)?.[1] ?? null;
}
