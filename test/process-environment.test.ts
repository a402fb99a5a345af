import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { loadConfig, processEnvironment } from '../src/config.js';

describe('the process environment', () => {
  const folders: string[] = [];
  const folder = () => {
    const path = mkdtempSync(join(tmpdir(), 'menjin-config-'));
    folders.push(path);
    return path;
  };
  afterEach(() => {
    for (const path of folders.splice(0)) rmSync(path, { recursive: true });
  });

  test('wins over the .env file, which fills what is missing and leaves process.env alone', () => {
    const home = folder();
    writeFileSync(join(home, '.env'), '\uFEFFPORT=5001\r\nLOG_LEVEL="warn"\r\n# a comment\r\nSESSIONS_PER_USER=3\r\n');
    const before = { ...process.env };
    const loaded = loadConfig(processEnvironment({ PORT: '5002', SESSIONS_PER_USER: '', HOST: undefined }, home));
    expect(loaded.config).toMatchObject({ port: 5_002, logLevel: 'warn', sessionsPerUser: 10, host: '127.0.0.1' });
    expect(loaded.config.dataDir).toBe(join(home, 'data'));
    expect({ ...process.env }).toEqual(before);
  });

  test('does without a .env file, and with a folder of that name', () => {
    const home = folder();
    expect(processEnvironment({ PORT: '1' }, home).env).toEqual({ PORT: '1' });
    mkdirSync(join(home, '.env'));
    expect(processEnvironment({ PORT: '1' }, home).env).toEqual({ PORT: '1' });
  });

  test('refuses a .env file or a secret that is not UTF-8 or is over 1 MiB', () => {
    const home = folder();
    writeFileSync(join(home, '.env'), Buffer.from([0xff, 0xfe, 0x50, 0x00]));
    expect(() => processEnvironment({}, home)).toThrow(/^The configuration has a fault:\n {2}\.env cannot be read/);
    rmSync(join(home, '.env'));
    writeFileSync(join(home, 'keys'), Buffer.alloc(1024 * 1024 + 1, 'a'));
    expect(() => loadConfig(processEnvironment({ SECRET_KEYS_FILE: 'keys' }, home))).toThrow(
      /SECRET_KEYS_FILE names a file that cannot be read \(EFBIG\)/,
    );
  });
});
