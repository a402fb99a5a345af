import { readdirSync, readFileSync } from 'node:fs';
import { type GraphQLSchema, isInputType, Kind, parse, typeFromAST, validate } from 'graphql';
import { type Random, sampleOf } from './generated-queries.js';

export interface QueryOfTests {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  /** For a schema that it is valid for it may still be refused when it runs. */
  readonly isValid: boolean;
}

const FOLDERS = ['test', 'examples', 'clients', 'docs'];
const PASSED_BY = /(^|[/\\])(node_modules|generated|dist|miniprogram_npm)([/\\]|$)/;
const LITERAL = /(['"`])((?:\\.|(?!\1)[^\\])*?)\1/gs;

/**
 * Each query that stands as one text in the files of the tests, the examples, the clients and the documentation.
 * @param every of so many documents one
 */
export function queriesOfTests(schema: GraphQLSchema, random: Random, every: number): QueryOfTests[] {
  const documents = [...textsOfFiles()].flatMap((query) => {
    const document = parsed(query);
    return document === null ? [] : [{ query, document }];
  });
  return documents.flatMap(({ query, document }, index) => {
    if (index % every !== 0) return [];
    const operations = document.definitions.flatMap((each) => (each.kind === Kind.OPERATION_DEFINITION ? [each] : []));
    const isValid = validate(schema, document).length === 0;
    return operations
      .filter(({ operation }) => operation === 'query')
      .map(({ name, variableDefinitions = [] }) => {
        const values = variableDefinitions.map(({ variable, type: node }): [string, unknown] => {
          const type = typeFromAST(schema, node);
          return [variable.name.value, isInputType(type) ? sampleOf(type, random) : null];
        });
        const operationName = operations.length > 1 ? (name?.value ?? null) : null;
        return { query, operationName, variables: Object.fromEntries(values), isValid };
      });
  });
}

function textsOfFiles(): Set<string> {
  const texts = new Set<string>();
  for (const folder of FOLDERS) {
    const root = new URL(`../../${folder}/`, import.meta.url);
    for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      if (PASSED_BY.test(path) || !/\.(ts|mjs|js|md|graphql)$/.test(path)) continue;
      const text = readFileSync(new URL(path.replaceAll('\\', '/'), root), 'utf8');
      if (path.endsWith('.graphql')) texts.add(text);
      for (const [, , literal = ''] of text.matchAll(LITERAL)) {
        if (literal.includes('{')) texts.add(literal.replaceAll('\\n', '\n').replaceAll(/\\(['"`])/g, '$1'));
      }
    }
  }
  return texts;
}

function parsed(text: string) {
  try {
    return parse(text);
  } catch {
    return null;
  }
}
