import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Cores, onCore } from '../cores.js';
import { type Target, textOf } from './target.js';

/** What a server did while it was asked by so many connections, each without a pause. */
export interface Load {
  readonly requests: number;
  readonly perSecond: number;
  /** Answers other than 2xx, and connections that broke. */
  readonly failures: number;
  /** In ms, as the load generator saw it. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LoadOptions {
  readonly connections: number;
  readonly seconds: number;
  readonly core?: keyof Cores | 'any';
}

const generators = { wrk: askByWrk, autocannon: askByAutocannon };

export const loadGenerator: keyof typeof generators = hasWrk() ? 'wrk' : 'autocannon';

export function askAtFullSpeed(target: Target, options: LoadOptions): Promise<Load> {
  return generators[loadGenerator](target, options);
}

function hasWrk(): boolean {
  try {
    execFileSync('wrk', ['-v'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    // It tells its version with status 1.
    return (error as { status?: number | null }).status === 1;
  }
}

/** `summary` and `latency` are wrk's; times are in µs. */
const SCRIPT = `
local before, after, values, n = %BEFORE%, %AFTER%, {}, 0
for line in io.lines(%VALUES%) do values[#values + 1] = line end
request = function()
  n = n % #values + 1
  return before .. values[n] .. after
end
done = function(summary, latency)
  local e = summary.errors
  local failures = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format('RESULT {"requests":%d,"micros":%d,"failures":%d,"p50":%d,"p99":%d,"max":%d}\\n',
    summary.requests, summary.duration, failures, latency:percentile(50), latency:percentile(99), latency.max))
end
`;

async function askByWrk(target: Target, { connections, seconds, core = 'load' }: LoadOptions): Promise<Load> {
  const folder = mkdtempSync(path.join(tmpdir(), 'menjin-load-'));
  try {
    const { before, after } = textOf(target);
    const valuesFile = path.join(folder, 'values.txt');
    const script = path.join(folder, 'script.lua');
    writeFileSync(valuesFile, `${target.values.join('\n')}\n`);
    const texts = { '%BEFORE%': before, '%AFTER%': after, '%VALUES%': valuesFile };
    const filled = Object.entries(texts).reduce(
      (text, [mark, value]) => text.replace(mark, () => luaText(value)),
      SCRIPT,
    );
    writeFileSync(script, filled);
    const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, target.url];
    const [command = '', ...args] = onCore(core, wrk);
    const { stdout } = await promisify(execFile)(command, args, { timeout: (seconds + 30) * 1000 });
    const told = JSON.parse(/^RESULT (.*)$/m.exec(stdout)?.[1] ?? 'null');
    const ms = (micros: number) => micros / 1000;
    return {
      ...{ requests: told.requests, perSecond: (told.requests * 1e6) / told.micros, failures: told.failures },
      ...{ p50: ms(told.p50), p99: ms(told.p99), max: ms(told.max) },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bytes that are not plain letters in Lua's own spelling. */
function luaText(text: string): string {
  const escaped = text.replace(/[^ -~]|["\\]/g, (each) => `\\${String(each.charCodeAt(0)).padStart(3, '0')}`);
  return `"${escaped}"`;
}

async function askByAutocannon(target: Target, { connections, seconds, core = 'load' }: LoadOptions): Promise<Load> {
  const folder = mkdtempSync(path.join(tmpdir(), 'menjin-load-'));
  try {
    const given = path.join(folder, 'given.json');
    writeFileSync(given, JSON.stringify({ target, connections, seconds }));
    const script = fileURLToPath(new URL('autocannon.mjs', import.meta.url));
    const [command = '', ...args] = onCore(core, [process.execPath, script, given]);
    const { stdout } = await promisify(execFile)(command, args, { timeout: (seconds + 30) * 1000 });
    return JSON.parse(stdout) as Load;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
