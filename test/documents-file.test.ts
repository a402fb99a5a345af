import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { config, failure, faultNames, load } from './load-config.js';

const FILE = 'generated/persisted-documents.json';
const env = { DOCUMENTS: 'require', DOCUMENTS_FILE: FILE };
const withManifest = (manifest: unknown) => ({ [FILE]: JSON.stringify(manifest) });
const idOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

const text = 'query Viewer { viewer { openid } }';

describe('DOCUMENTS_FILE', () => {
  test.each(['allow', 'require'])('is read as codegen writes it, with DOCUMENTS=%s', (mode) => {
    const texts = { [idOf(text)]: text };
    expect(config({ ...env, DOCUMENTS: mode }, withManifest(texts)).trustedDocuments).toEqual({ mode, texts });
  });

  test('may name its texts as it likes, where no prefix says how', () => {
    const texts = { a79f8bf5cd1f3a4f: text, viewer: text, 'x-shop:viewer.1': text, __proto__x: text };
    expect(config(env, withManifest(texts)).trustedDocuments?.texts).toEqual(texts);
  });

  test('is wanted with DOCUMENTS, and wants it', () => {
    expect(faultNames({ DOCUMENTS: 'allow' })).toEqual(['DOCUMENTS_FILE']);
    expect(faultNames({ DOCUMENTS_FILE: FILE }, withManifest({ [idOf(text)]: text }))).toEqual(['DOCUMENTS']);
    expect(faultNames({ DOCUMENTS_FILE: 'missing' })).toEqual(['DOCUMENTS', 'DOCUMENTS_FILE']);
    expect(config({}).trustedDocuments).toBeNull();
  });

  test.each([
    ['that is not there', {}],
    ['that is no JSON', { [FILE]: `{"${idOf(text)}": ` }],
    ['with a list', withManifest([text])],
    ['with null', withManifest(null)],
    ['with no text', withManifest({})],
    ['with too many', withManifest(Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [`d${n}`, text])))],
  ])('%s is a fault', (_, files: Record<string, string>) => {
    expect(faultNames(env, files)).toEqual(['DOCUMENTS_FILE']);
  });

  test('may hold a thousand documents', () => {
    const texts = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`d${n}`, text]));
    expect(faultNames({ ...env, PORT: 'x' }, withManifest(texts))).toEqual(['PORT']);
  });

  test.each([
    ['a text that is none', { viewer: 7 }, 'DOCUMENTS_FILE["viewer"]'],
    ['an empty text', { viewer: '' }, 'DOCUMENTS_FILE["viewer"]'],
    ['the hash of another text', { [idOf('other')]: text }, `DOCUMENTS_FILE["${idOf('other')}"]`],
    ['a hash that is none', { 'sha256:abc': text }, 'DOCUMENTS_FILE["sha256:abc"]'],
    ['a prefix that is reserved', { 'md5:abc': text }, 'DOCUMENTS_FILE'],
    ['an id with spaces', { 'a b': text }, 'DOCUMENTS_FILE'],
    ['an empty id', { '': text }, 'DOCUMENTS_FILE'],
    ['an endless id', { ['a'.repeat(129)]: text }, 'DOCUMENTS_FILE'],
  ])('with %s says where the fault is', (_, manifest, name) => {
    expect(faultNames(env, withManifest({ good: text, ...manifest }))).toEqual([name]);
  });

  test('tells its faults together with all others, and the first twenty of many', () => {
    const manifest = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`d${n}`, n]));
    const { faults, message } = failure({ ...env, PORT: 'x' }, withManifest(manifest));
    expect(faults).toHaveLength(22);
    expect(faults[0]?.name).toBe('PORT');
    expect(faults.at(-1)?.reason).toBe('has 10 more documents like these');
    expect(message).toContain('DOCUMENTS_FILE["d19"] must be the text of a document');
  });

  test('is frozen', () => {
    const loaded = load(env, withManifest({ viewer: text })).config.trustedDocuments;
    expect([loaded, loaded?.texts].every(Object.isFrozen)).toBe(true);
  });
});
