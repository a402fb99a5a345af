// A plugin of GraphQL Code Generator: each operation as one short text that knows its types. Those of client-preset are
// classes, and too long where every byte counts. Goes with typescript-operations, which makes the types; with
// `untyped: true` it is a list of the texts and nothing else.
import { print, stripIgnoredCharacters } from 'graphql';

export function plugin(_schema, files, { untyped = false }) {
  const operations = files
    .flatMap(({ document }) => document.definitions)
    .map((operation) => ({ operation, text: stripIgnoredCharacters(print(operation)) }));
  return untyped ? list(operations) : typed(operations);
}

function typed(operations) {
  const constants = operations.map(({ operation, text }) => {
    const name = operation.name.value;
    const types = `${name}${capitalised(operation.operation)}`;
    return `export const ${constantOf(name)} = '${text}' as TypedText<${types}, ${types}Variables>;`;
  });
  return {
    prepend: ["import type { TypedDocument } from '../api.js';"],
    content: [
      'export type TypedText<Result, Variables> = string & TypedDocument<Result, Variables>;',
      ...constants,
      '',
    ].join('\n'),
  };
}

function list(operations) {
  const texts = operations.map(({ text }) => `  '${text}',`);
  return ['/** What @menjin/miniprogram asks by itself. */', 'export const OWN_TEXTS = [', ...texts, '];', ''].join(
    '\n',
  );
}

function capitalised(word) {
  return word[0].toUpperCase() + word.slice(1);
}

/** `LogIn` is `LOG_IN`. */
function constantOf(name) {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}
