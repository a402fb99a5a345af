import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  NoSchemaIntrospectionCustomRule,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { sha256Hex } from '../lib/bytes.js';
import { formatError } from './format-error.js';
import { OWN_TEXTS } from './generated/own-texts.js';
import { limits, MAX_ERRORS, withinLimits } from './limits.js';

export interface TrustedDocument {
  /** Of the manifest; of a text of menjin's own client `sha256:` and its hash. */
  readonly id: string;
  readonly text: string;
  /** Of the text, in hex. */
  readonly sha256: string;
  /** Valid, and within the limits. */
  readonly document: DocumentNode;
}

export interface TrustedDocuments {
  /** Whether nothing else is answered. */
  readonly isRequired: boolean;
  readonly documents: readonly TrustedDocument[];
  /** null where there is none. A hash may be named with `sha256:` before it, or without. */
  textOf(id: string): string | null;
  /** Whether this is the text of one, to the letter: nothing is parsed to find out. */
  has(text: string): boolean;
}

export interface TrustedDocumentsOptions {
  readonly schema: GraphQLSchema;
  readonly introspection: boolean;
  readonly isRequired: boolean;
  /** By id. */
  readonly texts: Readonly<Record<string, string>>;
}

/** Documents that could not be answered. */
export class TrustedDocumentsError extends Error {
  override readonly name = 'TrustedDocumentsError';

  constructor(readonly faults: readonly { readonly id: string; readonly reason: string }[]) {
    super(`${faults.length} trusted documents cannot be answered`);
  }
}

/**
 * The documents of a manifest, and those of menjin's own client, which has to log in whatever the manifest holds.
 * @throws TrustedDocumentsError with every document that does not fit the schema, or is beyond a limit
 */
export function compileTrustedDocuments(options: TrustedDocumentsOptions): TrustedDocuments {
  const { schema, introspection, isRequired, texts } = options;
  const rules = [...specifiedRules, withinLimits, ...(introspection ? [] : [NoSchemaIntrospectionCustomRule])];
  const own = OWN_TEXTS.map((text): [string, string] => [`${PREFIX}${sha256Hex(text)}`, text]);
  const known = new Set(Object.values(texts));
  const entries = [...Object.entries(texts), ...own.filter(([, text]) => !known.has(text))];

  const documents: TrustedDocument[] = [];
  const faults: { id: string; reason: string }[] = [];
  for (const [id, text] of entries) {
    const judged = judge(text, schema, rules);
    if ('reason' in judged) faults.push({ id, reason: judged.reason });
    else documents.push({ id, text, sha256: sha256Hex(text), document: judged.document });
  }
  if (faults.length > 0) throw new TrustedDocumentsError(faults);

  const byId = textsById(documents);
  const trusted = new Set(documents.map(({ text }) => text));
  return {
    isRequired,
    documents,
    textOf: (id) => byId.get(id) ?? null,
    has: (text) => trusted.has(text),
  };
}

const PREFIX = 'sha256:';

/** A manifest may name hashes with their prefix or without, and a client as the manifest does, or not. */
function textsById(documents: readonly TrustedDocument[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { sha256, text } of documents) texts.set(sha256, text).set(`${PREFIX}${sha256}`, text);
  for (const { id, text } of documents) texts.set(id, text);
  return texts;
}

type Rules = NonNullable<Parameters<typeof validate>[2]>;

function judge(text: string, schema: GraphQLSchema, rules: Rules): { document: DocumentNode } | { reason: string } {
  let document: DocumentNode;
  try {
    document = parse(text, { maxTokens: limits.tokens.most });
  } catch (error) {
    return { reason: `is not GraphQL: ${sentenceOf(error)}` };
  }
  const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  const names = operations.map(({ name }) => name?.value ?? 'without a name').join(', ');
  const [fault] = validate(schema, document, rules, { maxErrors: MAX_ERRORS });
  if (fault !== undefined) return { reason: `(${names}) cannot be answered: ${sentenceOf(fault)}` };
  if (operations.length === 0) return { reason: 'has no operation' };
  if (operations.some(({ operation }) => operation === OperationTypeNode.SUBSCRIPTION)) {
    return { reason: `(${names}) is a subscription, and there are none here` };
  }
  return { document };
}

/** As a client would read it, to stand before a full stop. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof GraphQLError)) throw error;
  const extensions = { code: 'GRAPHQL_VALIDATION_FAILED' };
  return formatError({ message: error.message, extensions }, error).message.replace(/\.$/, '');
}
