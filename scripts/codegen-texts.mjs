// A plugin of GraphQL Code Generator: each operation as one short text that knows its types. Those of client-preset are
// classes, and too long where every byte counts. Goes with typescript-operations, which makes the types.
import { print, stripIgnoredCharacters } from 'graphql';

export function plugin(_schema, files) {
  const operations = files
    .flatMap(({ document }) => document.definitions)
    .map((operation) => {
      const name = operation.name.value;
      const types = `${name}${capitalised(operation.operation)}`;
      const text = stripIgnoredCharacters(print(operation));
      return `export const ${constantOf(name)} = '${text}' as TypedText<${types}, ${types}Variables>;`;
    });
  return {
    prepend: ["import type { TypedDocument } from '../api.js';"],
    content: [
      'export type TypedText<Result, Variables> = string & TypedDocument<Result, Variables>;',
      ...operations,
      '',
    ].join('\n'),
  };
}

function capitalised(word) {
  return word[0].toUpperCase() + word.slice(1);
}

/** `LogIn` is `LOG_IN`. */
function constantOf(name) {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}
