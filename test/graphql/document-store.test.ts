import { describe, expect, test } from '@jest/globals';
import { parse } from 'graphql';
import { createDocumentStore } from '../../src/graphql/document-store.js';

const document = (length: number) => parse(`{ a }${' '.repeat(length - 5)}`);

describe('the store of documents', () => {
  test('gives back what was put in', async () => {
    const store = createDocumentStore();
    const put = document(16 * 1024);
    await store.set('a', put);
    expect(await store.get('a')).toBe(put);
    expect(await store.get('b')).toBeUndefined();
    expect(await store.delete('a')).toBe(true);
    expect(await store.get('a')).toBeUndefined();
  });

  test('holds two hundred, and forgets those that were not asked for the longest', async () => {
    const store = createDocumentStore();
    for (let n = 0; n < 200; n += 1) await store.set(String(n), document(5));
    await store.get('0');
    await store.set('200', document(5));
    expect(await store.get('0')).toBeDefined();
    expect(await store.get('1')).toBeUndefined();
    expect(await store.get('2')).toBeDefined();
    expect(await store.get('200')).toBeDefined();
  });

  test('takes no document with a long text, whatever little is asked in it', async () => {
    const store = createDocumentStore();
    await store.set('a', document(16 * 1024 + 1));
    expect(await store.get('a')).toBeUndefined();
  });

  test('takes no document whose text it cannot see', async () => {
    const store = createDocumentStore();
    await store.set('a', parse('{ a }', { noLocation: true }));
    expect(await store.get('a')).toBeUndefined();
  });
});
