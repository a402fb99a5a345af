import { type ASTVisitor, type DocumentNode, GraphQLError, type GraphQLSchema, type ValidationContext } from 'graphql';
import { type Cost, costsOf } from './operation-cost.js';

export interface Limit {
  readonly most: number;
  /** What a client reads that sent more. */
  readonly sentence: string;
}

/** What a document may hold. The standard introspection query, in its longest form, takes 191 tokens, 232 fields and 15 levels. */
export const limits = {
  tokens: ofDocument(1000, 'tokens'),
  // To name the place of an error, graphql-js counts the lines from the top, for every field that has part in it.
  lines: ofDocument(1000, 'lines'),
  depth: ofOperation(20, 'levels of fields'),
  fields: ofOperation(400, 'fields'),
  aliases: ofOperation(15, 'aliases'),
  directives: ofOperation(50, 'directives'),
  authenticationFields: ofOperation(1, 'field that logs in, takes a code or opens data'),
} as const satisfies Record<string, Limit>;

/** Errors of one document, or of one request's variables, after which nothing more is looked at. */
export const MAX_ERRORS = 5;

const COSTS = ['depth', 'fields', 'aliases', 'directives', 'authenticationFields'] as const satisfies (keyof Cost)[];

function ofDocument(most: number, what: string): Limit {
  return { most, sentence: `A document may have at most ${most} ${what}.` };
}

function ofOperation(most: number, what: string): Limit {
  return {
    most,
    sentence: `An operation may have at most ${most} ${what}. Fragments count wherever they are spread.`,
  };
}

/**
 * The rule of validation that refuses what is beyond a limit. Giving back null takes the document out of the visit and so
 * ends it: the other rules, some of them expensive, see none of its fields.
 */
export function withinLimits(context: ValidationContext): ASTVisitor {
  return {
    Document: (document) => {
      const exceeded = limitsExceededBy(document, authenticationFieldsOf(context.getSchema()));
      for (const { sentence } of exceeded) context.reportError(new GraphQLError(sentence));
      return exceeded.length === 0 ? undefined : null;
    },
  };
}

function limitsExceededBy(document: DocumentNode, authenticationFields: ReadonlySet<string>): Limit[] {
  const lines = document.loc?.endToken.line ?? 0;
  if (lines > limits.lines.most) return [limits.lines];
  const costs = costsOf(document, authenticationFields);
  return COSTS.filter((name) => costs.some((cost) => cost[name] > limits[name].most)).map((name) => limits[name]);
}

/** Fields of the mutation type that carry `@Extensions({ authentication: true })`. */
function authenticationFieldsOf(schema: GraphQLSchema): Set<string> {
  const fields = Object.values(schema.getMutationType()?.getFields() ?? {});
  return new Set(fields.filter(({ extensions }) => extensions.authentication === true).map(({ name }) => name));
}
