import { describe, expect, test } from '@jest/globals';
import { config, type Files, faultNames, key } from './load-config.js';

describe('APPS_FILE', () => {
  const env = { APPS_FILE: 'apps/apps.json' };
  const withApps = (apps: unknown, files: Files = {}) => ({ 'apps/apps.json': JSON.stringify(apps), ...files });
  const app = { platform: 'WECHAT', appid: 'wx1', secret: 's1' };

  test('lists apps with one secret or two, from the file or from files beside it', () => {
    const apps = [
      { ...app, platform: 'wechat' },
      { platform: 'WeChat', appid: 'wx2', secret: ['new', 'old'], tenant: 'shop' },
      { platform: 'WECHAT', appid: 'wx3', secretFile: ['three', '../four'] },
    ];
    const files = withApps(apps, { 'apps/three': 's3\n', four: 's4' });
    expect(config({ ...env, NODE_ENV: 'production', SECRET_KEYS: key }, files).apps).toEqual([
      { platform: 'WECHAT', appid: 'wx1', secrets: ['s1'], tenant: 'default' },
      { platform: 'WECHAT', appid: 'wx2', secrets: ['new', 'old'], tenant: 'shop' },
      { platform: 'WECHAT', appid: 'wx3', secrets: ['s3', 's4'], tenant: 'default' },
    ]);
  });

  const wrongEntries: [name: string, entry: unknown][] = [
    ['APPS_FILE[1]', 'wx2'],
    ['APPS_FILE[1]', null],
    ['APPS_FILE[1].platform', { ...app, appid: 'wx2', platform: 'ALIPAY' }],
    ['APPS_FILE[1].appid', { ...app, appid: 12 }],
    ['APPS_FILE[1].appid', { ...app, appid: '' }],
    ['APPS_FILE[1].appid', { ...app, platform: 'wechat', tenant: 'other' }],
    ['APPS_FILE[1].secret', { platform: 'WECHAT', appid: 'wx2' }],
    ['APPS_FILE[1].secret', { ...app, appid: 'wx2', secret: ['a', 'b', 'c'] }],
    ['APPS_FILE[1].secret', { ...app, appid: 'wx2', secret: [] }],
    ['APPS_FILE[1].secret', { ...app, appid: 'wx2', secret: 'a b' }],
    ['APPS_FILE[1].secretFile', { ...app, appid: 'wx2', secretFile: 'three' }],
    ['APPS_FILE[1].secretFile', { platform: 'WECHAT', appid: 'wx2', secretFile: 'missing' }],
    ['APPS_FILE[1].secretFile', { platform: 'WECHAT', appid: 'wx2', secretFile: 'spaced' }],
    ['APPS_FILE[1].tenant', { ...app, appid: 'wx2', tenant: 'a|b' }],
    ['APPS_FILE[1].sceret', { ...app, appid: 'wx2', sceret: 'x' }],
    ['APPS_FILE[1]', { ...app, appid: 'wx2', '3f0c0ffee5': 'x' }],
    ['APPS_FILE[1]', JSON.parse('{"platform":"WECHAT","appid":"wx2","secret":"s","__proto__ ":1}')],
    ['APPS_FILE[1].__proto__', JSON.parse('{"platform":"WECHAT","appid":"wx2","secret":"s","__proto__":1}')],
  ];

  test.each(wrongEntries)('%s is the place of the fault in %j', (name, entry) => {
    expect(faultNames(env, withApps([app, entry], { 'apps/spaced': 'a b' }))).toEqual([name]);
  });

  test.each([['not JSON'], ['{}'], ['[]'], ['null'], ['']])('that holds %j is a fault', (text) => {
    expect(faultNames(env, { 'apps/apps.json': text })).toEqual(['APPS_FILE']);
  });

  test('tells the faults of every app at once', () => {
    const names = faultNames(env, withApps([{ ...app, secret: 1 }, { ...app, tenant: '' }, { x: 1 }]));
    expect(names).toEqual(expect.arrayContaining(['APPS_FILE[0].secret', 'APPS_FILE[1].tenant', 'APPS_FILE[2].x']));
  });

  test('is not given together with the short form', () => {
    expect(faultNames({ ...env, WECHAT_APPID: 'wx9', WECHAT_SECRET: 's' }, withApps([app]))).toEqual(['APPS_FILE']);
    expect(faultNames({ ...env, WECHAT_SECRET: 's' }, withApps([app]))).toEqual(['APPS_FILE']);
  });
});
