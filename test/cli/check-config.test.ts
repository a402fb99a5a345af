import { relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkConfig } from '../../src/cli/check-config.js';

const cwd = resolve('/srv/menjin');

function check(env: Record<string, string>, files: Record<string, string> = {}): { status: 0 | 1; lines: string[] } {
  const lines: string[] = [];
  const readFile = (path: string) => {
    const text = files[relative(cwd, path)];
    if (text === undefined) throw Object.assign(new Error('no file'), { code: 'ENOENT' });
    return text;
  };
  const status = checkConfig((line) => lines.push(line), { env, cwd, readFile });
  return { status, lines };
}

describe('the check of the configuration', () => {
  test('says that it is right and what would run, without anything secret', () => {
    const { status, lines } = check({
      NODE_ENV: 'production',
      WECHAT_APPID: 'wx0123',
      WECHAT_SECRET: 'canary-secret',
      SECRET_KEYS: Buffer.alloc(32, 5).toString('base64'),
      DATABASE_URL: 'sqlite:/canary-path/x.db',
      SESSION_IDLE_TTL: '90m',
      HOST: '::',
    });
    const text = lines.join('\n');
    expect(status).toBe(0);
    expect(lines[0]).toBe('configuration ok');
    expect(text).toMatch(/apps +WECHAT wx0123 \(tenant default\)/);
    expect(text).toMatch(/address +\[::\]:4000/);
    expect(text).toMatch(/database +sqlite$/m);
    expect(text).toMatch(/sessions +10 per user, 90m idle, 30d at most/);
    expect(text).not.toMatch(/canary|BQUF/);
  });

  test('says that the simulator stands in when no app is given', () => {
    const { status, lines } = check({});
    expect(status).toBe(0);
    expect(lines.join('\n')).toMatch(/apps +none given: the simulator/);
  });

  test.each([
    ['require', 'the 1 of the manifest only'],
    ['allow', 'any, 1 by their ids'],
  ])('says which documents are answered with DOCUMENTS=%s', (DOCUMENTS, said) => {
    const { status, lines } = check(
      { DOCUMENTS, DOCUMENTS_FILE: 'd.json' },
      { 'd.json': '{ "viewer": "{ viewer { openid } }" }' },
    );
    expect(status).toBe(0);
    expect(lines).toContain(`  documents      ${said}`);
  });

  test('prints warnings first and still succeeds', () => {
    const { status, lines } = check({ LOGLEVEL: 'warn' });
    expect(status).toBe(0);
    expect(lines[0]).toMatch(/^warning: LOGLEVEL .*LOG_LEVEL/);
    expect(lines[1]).toBe('configuration ok');
  });

  test('prints every fault and warning on a line of its own, and fails', () => {
    const { status, lines } = check({ PORT: 'canary', LOG_LEVEL: 'canary', LOGLEVEL: 'canary' });
    expect(status).toBe(1);
    expect(lines).toEqual([
      'The configuration has 2 faults:',
      expect.stringMatching(/^ {2}PORT must be .*Example: 4000$/),
      expect.stringMatching(/^ {2}LOG_LEVEL must be .*Example: info$/),
      expect.stringMatching(/^ {2}Note: LOGLEVEL .*LOG_LEVEL/),
    ]);
  });
});
