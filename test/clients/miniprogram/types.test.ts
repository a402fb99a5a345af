import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type CompiledFixtures, compileFixtures } from '../../contract/compile-fixtures.js';
import { scanDeclarations } from '../../contract/declaration-scan.js';
import type { TypeFixture } from '../../contract/type-fixtures.js';
import { makeTempDir, type TempDir } from '../../support/test-gateway.js';
import { buildClient } from './built.js';

/** What codegen makes, with documentMode: string and without, and a client. */
const given = `
  import { createClient, fromWx, type WxLike } from '@menjin/miniprogram';
  declare class TypedDocumentString<R, V> extends String { private value: string; __apiType?: (variables: V) => R; }
  interface TypedDocumentNode<R, V> { readonly kind: 'Document'; readonly definitions: readonly object[]; __apiType?: (variables: V) => R; }
  declare const Order: TypedDocumentString<{ order: { id: string } | null }, { id: string; lang?: string | null | undefined }>;
  declare const OrderTree: TypedDocumentNode<{ order: { id: string } | null }, { id: string }>;
  declare const Orders: TypedDocumentString<{ orders: string[] }, { [key: string]: never }>;
  declare const Search: TypedDocumentString<{ orders: string[] }, { text?: string | null }>;
  declare const wx: WxLike;
  export const client = createClient({ url: 'https://auth.example.com/graphql', platform: fromWx(wx) });`;

const fixtures: readonly TypeFixture[] = [
  [
    'variables and data have the types of a document',
    `client.request(Order, { id: '1' }).then(({ order }) => order?.id.length);`,
    [],
  ],
  ['a tree has them, too', `client.request(OrderTree, { id: '1' }).then(({ order }) => order?.id.length);`, []],
  ['a wrong variable does not compile', `client.request(Order, { id: 1 });`, ['TS2769']],
  ['a misspelt variable does not compile', `client.request(Order, { idd: '1' });`, ['TS2769']],
  ['a variable too many does not compile', `client.request(Order, { id: '1', colour: 'red' });`, ['TS2769']],
  ['no variables, where one is required, do not compile', `client.request(Order);`, ['TS2345']],
  ['a wrong variable of a tree does not compile', `client.request(OrderTree, { id: 1 });`, ['TS2769']],
  [
    'where none is there or none required, none need be given',
    `client.request(Orders); client.request(Search); client.request(Search, { text: 'tea' });`,
    [],
  ],
  ['a variable of a document that has none does not compile', `client.request(Orders, { id: '1' });`, ['TS2769']],
  [
    'data that may be null is not read unasked',
    `client.request(Order, { id: '1' }).then(({ order }) => order.id);`,
    ['TS18047'],
  ],
  [
    'a field that was not asked does not compile',
    `client.request(Order, { id: '1' }).then(({ order }) => order?.price);`,
    ['TS2339'],
  ],
  [
    'a text takes any variables, and gives what it is said to give',
    `client.request<{ a: 1 }>('{ a }', { b: [2] }).then(({ a }) => a.toFixed());`,
    [],
  ],
  ['the data of a text is unknown', `client.request('{ a }').then((data) => data.a);`, ['TS18046']],
  ['a viewer may have no unionid', `client.viewer().then(({ unionid }) => unionid.length);`, ['TS18047']],
  ['wx is no platform', `createClient({ url: 'https://a.example/graphql', platform: wx });`, ['TS2322']],
  [
    'a storage that does not exist does not compile',
    `createClient({ url: 'https://a.example/graphql', platform: fromWx(wx), storage: 'encrypt' });`,
    ['TS2820'],
  ],
].map(([title, source, errors]) => ({ title, source: `${given}\n${source}`, errors }) as TypeFixture);

let folder: TempDir;
let dist: string;
let compiled: CompiledFixtures;

beforeAll(async () => {
  folder = makeTempDir();
  dist = path.join(folder.path, 'miniprogram_dist');
  mkdirSync(dist);
  await buildClient(dist);
  compiled = await compileFixtures(fixtures, folder.path, 'typescript', {
    ...{ target: 'ES2018', lib: ['ES2018'], types: [], module: 'ESNext', moduleResolution: 'bundler' },
    paths: { '@menjin/miniprogram': ['./miniprogram_dist/index.d.ts'] },
  });
}, 120_000);

afterAll(() => folder?.remove());

describe('the types of the client', () => {
  test.each(fixtures)('$title', (fixture) => {
    expect(compiled.errorsOf(fixture)).toEqual(fixture.errors);
  });

  test('have no fault of their own', () => {
    expect(compiled.elsewhere).toEqual([]);
  });

  test('are one file, which imports nothing and says any nowhere', () => {
    const scan = scanDeclarations('index.d.ts', (file) => readFileSync(path.join(dist, file), 'utf8'));
    expect(scan).toEqual({ files: ['index.d.ts'], anys: [], packages: [] });
  });
});
