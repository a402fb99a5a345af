import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';

/** A document, and the variables it is sent with: those that are of their types first. */
export interface GeneratedQuery {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: readonly Readonly<Record<string, unknown>>[];
}

export interface Random {
  /** From 0 to n - 1. */
  below(n: number): number;
  /** True in `percent` of a hundred. */
  chance(percent: number): boolean;
  pick<T>(items: readonly [T, ...T[]] | readonly T[]): T;
}

/** The same numbers for the same seed, on every machine (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed;
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const below = (n: number) => Math.floor(next() * n);
  return {
    below,
    chance: (percent) => next() * 100 < percent,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
  };
}

/** Within the limits of documents. */
const MOST = { depth: 5, fields: 30, aliases: 14, directives: 20 };

interface Variable {
  readonly type: GraphQLInputType;
  readonly declared: string;
}

/** A query over any field of the schema, valid but for fields that do not merge. */
export function generateQuery(schema: GraphQLSchema, random: Random): GeneratedQuery {
  const variables = new Map<string, Variable>();
  const fragments: { readonly name: string; readonly on: GraphQLCompositeType; readonly text: string }[] = [];
  const left = { ...MOST };
  const { below, chance, pick } = random;

  function selections(type: GraphQLCompositeType, depth: number): string {
    const selected = [chance(25) || isUnionType(type) ? '__typename' : field(type, depth)];
    for (let more = below(4); more > 0 && left.fields > 0; more -= 1) selected.push(selection(type, depth));
    return `{ ${selected.join(' ')} }`;
  }

  function selection(type: GraphQLCompositeType, depth: number): string {
    if (depth > 1 && chance(isObjectType(type) ? 20 : 60)) return fragment(type, depth);
    return isUnionType(type) ? '__typename' : field(type, depth);
  }

  function fragment(type: GraphQLCompositeType, depth: number): string {
    const on = isObjectType(type) || chance(20) ? type : pick(schema.getPossibleTypes(type));
    if (chance(50))
      return `... ${chance(70) || on !== type ? `on ${on.name} ` : ''}${directives()} ${selections(on, depth)}`;
    const known = fragments.filter((each) => each.on === on);
    if (known.length > 0 && chance(60)) return `...${pick(known).name} ${directives()}`;
    const text = selections(on, depth);
    const name = `F${fragments.length}`;
    fragments.push({ name, on, text });
    return `...${name} ${directives()}`;
  }

  function field(type: GraphQLCompositeType, depth: number): string {
    left.fields -= 1;
    if (isUnionType(type)) return '__typename';
    const fields = Object.values(type.getFields());
    const leaves = fields.filter((each) => !isCompositeType(getNamedType(each.type)));
    const open = depth > 1 && left.fields > 0 ? fields : leaves;
    const frugal = left.aliases > 0 ? open : open.filter((each) => each.args.length === 0);
    if (frugal.length === 0) return '__typename';
    const { name, args, type: returned } = pick(frugal);
    const named = getNamedType(returned);
    const inside = isCompositeType(named) ? selections(named, depth - 1) : '';
    return `${alias(args)}${name}${argumentsOf(args)} ${directives()} ${inside}`;
  }

  /** Two fields of one name with different arguments do not merge. */
  function alias(args: GraphQLField<unknown, unknown>['args']): string {
    if (left.aliases === 0 || (args.length === 0 && !chance(10))) return '';
    left.aliases -= 1;
    return `${pick(['a', 'b', '_', 'constructor', '__proto__', 'toString', 'then'])}${chance(90) ? left.aliases : ''}: `;
  }

  function argumentsOf(args: readonly GraphQLArgument[]): string {
    const given = args.filter((each) => (isNonNullType(each.type) && each.defaultValue === undefined) || chance(60));
    return given.length === 0 ? '' : `(${given.map((each) => `${each.name}: ${valueText(each.type, 3)}`).join(', ')})`;
  }

  function directives(): string {
    if (left.directives === 0 || !chance(15)) return '';
    left.directives -= 1;
    const condition = chance(50)
      ? String(chance(50))
      : `$${variable('Boolean!', schema.getType('Boolean') as GraphQLInputType)}`;
    return `@${pick(['skip', 'include'])}(if: ${condition})`;
  }

  function variable(declared: string, type: GraphQLInputType): string {
    const known = [...variables].filter(([, each]) => each.declared.split(' =')[0] === declared);
    if (known.length > 0 && chance(40)) return pick(known)[0];
    const name = `v${variables.size}`;
    const nullable = declared.replace(/!$/, '');
    const withDefault = chance(30) ? `${nullable} = ${literal(type, 2, false)}` : declared;
    variables.set(name, { type, declared: withDefault });
    return name;
  }

  function valueText(type: GraphQLInputType, depth: number): string {
    return chance(40) ? `$${variable(String(type), type)}` : literal(type, depth, true);
  }

  function literal(type: GraphQLInputType, depth: number, takesVariables: boolean): string {
    if (isNonNullType(type)) return literal(type.ofType, depth, takesVariables);
    if (chance(8)) return 'null';
    const part = (of: GraphQLInputType) => (takesVariables ? valueText(of, depth - 1) : literal(of, depth - 1, false));
    if (isListType(type)) {
      if (chance(15)) return literal(type.ofType, depth, takesVariables);
      return `[${Array.from({ length: below(3) }, () => part(type.ofType)).join(', ')}]`;
    }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (each) => (depth > 0 && chance(50)) || isNonNullType(each.type),
      );
      return `{${fields.map((each) => `${each.name}: ${part(each.type)}`).join(', ')}}`;
    }
    return isEnumType(type) ? String(sampleOf(type, random)) : literalText(sampleOf(type, random));
  }

  function literalText(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map(literalText).join(', ')}]`;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    return `{${Object.entries(value).map(([name, each]) => `${name}: ${literalText(each)}`)}}`;
  }

  function right(): Record<string, unknown> {
    return Object.fromEntries([...variables].map(([name, { type }]) => [name, sampleOf(type, random)]));
  }

  const body = selections(schema.getQueryType() ?? pick([]), MOST.depth);
  const declarations = [...variables].map(([name, { declared }]) => `$${name}: ${declared}`).join(', ');
  const operationName = chance(40) ? 'Asked' : null;
  const operation = `query ${operationName ?? ''} ${declarations === '' ? '' : `(${declarations})`} ${body}`;
  const other = operationName !== null && chance(50) ? 'query Other { __typename }' : '';
  const definitions = fragments.map(({ name, on, text }) => `fragment ${name} on ${on.name} ${text}`);
  const query = [operation, ...definitions, other].join('\n');
  if (variables.size === 0) return { query, operationName, variables: [{}, { superfluous: 1 }] };
  const wrong = WRONGS.map((each) => spoil(right(), each, random));
  return { query, operationName, variables: [right(), right(), ...wrong] };
}

/** A value of JSON that is of this type. */
export function sampleOf(type: GraphQLInputType, random: Random, depth = 3): unknown {
  const { chance, pick } = random;
  if (isNonNullType(type)) return sampleOf(type.ofType, random, depth);
  if (isListType(type)) {
    const item = sampleOf(type.ofType, random, depth);
    return chance(20) ? item : [item];
  }
  if (isEnumType(type)) return pick(type.getValues()).name;
  if (!isInputObjectType(type)) return pick(SAMPLES[type.name] ?? ['anything']);
  const fields = Object.values(type.getFields()).filter(
    (each) => (depth > 0 && chance(50)) || isNonNullType(each.type),
  );
  return Object.fromEntries(
    fields.map((each) => [
      each.name,
      chance(10) && !isNonNullType(each.type) ? null : sampleOf(each.type, random, depth - 1),
    ]),
  );
}

const SAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  Int: [0, -1, 7, 2 ** 31 - 1],
  Float: [0.5, 3, -1e21, 1e-7],
  String: ['', 'word', 'two words', '引号"\\\u2028\n', '`+1+`', '</script>'],
  Boolean: [true, false],
  ID: ['1', '2', 'no such', 3],
  DateTime: ['2026-01-01T00:00:00.000Z', '2026-01-01T08:00:00+08:00'],
  Anything: [1, 'text', true, ['list', 1], { key: { inside: 0.5 } }],
};

const WRONGS = ['missing', 'null', 'of another type', 'superfluous'] as const;

function spoil(
  values: Record<string, unknown>,
  wrong: (typeof WRONGS)[number],
  { pick }: Random,
): Record<string, unknown> {
  const name = pick(Object.keys(values));
  if (wrong === 'missing') return Object.fromEntries(Object.entries(values).filter(([each]) => each !== name));
  if (wrong === 'superfluous') return { ...values, superfluous: { deep: [1] }, __proto: 1 };
  return {
    ...values,
    [name]: wrong === 'null' ? null : pick([{ unknown: 1 }, [[null]], 'GREY', 1.5, 2 ** 31, true, '']),
  };
}
