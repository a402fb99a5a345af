import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DocumentNode, Kind, parse, type SelectionSetNode } from 'graphql';
import { type Cost, costsOf } from '../../src/graphql/operation-cost.js';
import { rounds } from '../support/rounds.js';

const LOGINS = new Set(['login', 'register']);

/** A document of an operation and up to five fragments, of which each spreads only later ones. */
const documents = fc
  .tuple(fc.constantFrom('query', 'mutation'), fc.array(selections(3), { minLength: 1, maxLength: 6 }))
  .map(([operation, bodies]) => {
    const texts = bodies.map((body, index) => {
      const head = index === 0 ? `${operation} ($a: Int @d)` : `fragment f${index} on T @e`;
      // `F3` stands for a spread of the fragment three further on.
      return `${head} { ${body.replace(/F(\d)/g, (_spread, by) => spread(index + Number(by), bodies.length))} }`;
    });
    return texts.join('\n');
  });

function spread(index: number, count: number): string {
  return index < count ? `...f${index} @g` : 'leaf';
}

function selections(levels: number): fc.Arbitrary<string> {
  const leaf = fc.constantFrom('a', 'b: a', 'login', 'c: register', 'a @d @e', 'F1', 'F2', 'F3');
  if (levels === 0) return leaf;
  const inner = fc
    .tuple(fc.constantFrom('a', 'x: a', 'login @d', '...', '... on T @d'), selections(levels - 1))
    .map(([head, body]) => `${head} { ${body} }`);
  return fc.array(fc.oneof(leaf, inner), { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' '));
}

/** The same by writing every fragment out where it is spread. */
function naiveCost(document: DocumentNode): Cost {
  const cost = { depth: 0, fields: 0, aliases: 0, directives: 0, authenticationFields: 0 };
  const fragments = document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  if (operation === undefined) throw new Error('the document has no operation');

  function walk({ selections }: SelectionSetNode, depth: number): void {
    for (const node of selections) {
      cost.directives += node.directives?.length ?? 0;
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.find(({ name }) => name.value === node.name.value);
        if (fragment === undefined) throw new Error('the document spreads what it does not define');
        cost.directives += fragment.directives?.length ?? 0;
        walk(fragment.selectionSet, depth);
        continue;
      }
      if (node.kind === Kind.INLINE_FRAGMENT) {
        walk(node.selectionSet, depth);
        continue;
      }
      cost.fields += 1;
      cost.depth = Math.max(cost.depth, depth + 1);
      if (node.alias !== undefined) cost.aliases += 1;
      if (depth === 0 && operation?.operation === 'mutation' && LOGINS.has(node.name.value)) {
        cost.authenticationFields += 1;
      }
      if (node.selectionSet !== undefined) walk(node.selectionSet, depth + 1);
    }
  }
  for (const { directives } of operation.variableDefinitions ?? []) cost.directives += directives?.length ?? 0;
  walk(operation.selectionSet, 0);
  return cost;
}

describe('the cost of an operation', () => {
  test('is that of its fragments written out', () => {
    fc.assert(
      fc.property(documents, (text) => {
        const document = parse(text);
        expect(costsOf(document, LOGINS)[0]).toEqual(naiveCost(document));
      }),
      { numRuns: rounds(200, 20_000) },
    );
  });

  test('of fragments that spread themselves has an end', () => {
    const [operation] = costsOf(parse('{ a ...A } fragment A on T { b ...B } fragment B on T { c ...A ...B }'), LOGINS);
    expect(operation).toMatchObject({ depth: 1, fields: 3 });
  });

  test('of fragments that are not there is none, and what is no operation is passed over', () => {
    expect(costsOf(parse('{ ...A } type T { a: Int } type U { b: Int }'), LOGINS)).toEqual([
      { depth: 0, fields: 0, aliases: 0, directives: 0, authenticationFields: 0 },
    ]);
  });

  test('is that of fragments nobody spreads, too', () => {
    expect(costsOf(parse('{ a } fragment A on T { b { c } }'), LOGINS)).toEqual([
      expect.objectContaining({ depth: 1, fields: 1 }),
      expect.objectContaining({ depth: 2, fields: 2 }),
    ]);
  });

  test('counts past every number without an overflow', () => {
    const doublings = Array.from({ length: 1100 }, (_, n) => `fragment f${n} on T { ...f${n + 1} ...f${n + 1} }`);
    const [operation] = costsOf(parse(`{ ...f0 } ${doublings.join(' ')} fragment f1100 on T { a }`), LOGINS);
    expect(operation).toMatchObject({ depth: 1, fields: Number.POSITIVE_INFINITY });
  });
});
