import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';
import { AppError, errorTable, publicExtensions } from '../errors.js';
import { limits } from './limits.js';
import { ownExtensions } from './own-failure.js';

/** Codes that Apollo and graphql-js give requests which never reach a resolver. */
export const REQUEST_CODES: ReadonlySet<string> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'INTROSPECTION_DISABLED',
  'MAX_RECURSIVE_SELECTIONS_EXCEEDED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
]);

/**
 * The one place that decides what a client reads of an error: a row of the table, a request error without its values, or
 * what a resolver of somebody's own wants to be read.
 */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const cause = causeOf(error);
  const where = {
    ...(formatted.locations === undefined ? {} : { locations: formatted.locations }),
    ...(formatted.path === undefined ? {} : { path: formatted.path }),
  };
  if (cause instanceof AppError) return { message: cause.message, ...where, extensions: publicExtensions(cause) };

  const code = requestCodeOf(formatted, cause);
  if (code !== null) {
    const message = withoutValues(formatted.message, error).replaceAll(LONG_NAME, '...');
    return { message, ...where, extensions: { code } };
  }
  const own = ownExtensions(cause);
  if (own !== null) return { message: formatted.message, ...where, extensions: own };
  const masked = 'INTERNAL_SERVER_ERROR';
  return { message: errorTable[masked].message, ...where, extensions: { code: masked } };
}

// What graphql-js finds wrong with a request once it runs has no code of Apollo's, and would count as our failure.
const LATE_ARGUMENT = /^Argument "(\w+)" (?:of required type|of non-null type|has invalid value)/;
const TOO_MANY = 'Too many errors processing variables';

/** The code of an error that the client's request has brought about; null for any other. */
function requestCodeOf({ extensions, path, message }: GraphQLFormattedError, cause: unknown): string | null {
  const code = extensions?.code;
  if (typeof code === 'string' && REQUEST_CODES.has(code)) return path === undefined ? code : null;
  const isGraphqlsOwn = cause instanceof GraphQLError && cause.extensions.code === undefined;
  return isGraphqlsOwn && (LATE_ARGUMENT.test(message) || message.startsWith(TOO_MANY)) ? 'BAD_USER_INPUT' : null;
}

/** What was thrown, by a resolver or a plugin, before graphql-js or Apollo wrapped it. */
export function causeOf(error: unknown): unknown {
  if (!(error instanceof GraphQLError) || !error.originalError) return error;
  const { extensions, originalError } = error;
  // A wrapper has the extensions of what it wraps. With a code of its own it was written, by a plugin that names its cause.
  const isWritten = extensions.code !== undefined && !isExtensionsOf(originalError, extensions);
  return isWritten ? error : originalError;
}

function isExtensionsOf(error: Error & { readonly extensions?: unknown }, extensions: unknown): boolean {
  return error instanceof AppError || error.extensions === extensions;
}

const VALUE_KINDS = new Set<string>([
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
  Kind.OBJECT_FIELD,
]);

// What was expected and what kind of thing is there instead, without the thing, which may be a string.
const PUNCTUATION = '"(?:[{}()[\\]:=@$!|&]|\\.\\.\\.)"';
const KIND = 'Name|Int|Float|String|BlockString|<EOF>';
const SYNTAX = new RegExp(
  `^Syntax Error: (?:Expected (?:${PUNCTUATION}|${KIND}), found|Unexpected) (?:${PUNCTUATION}|${KIND})`,
);

/** Longer than a name that a developer looks for. A token is one of 46 characters, if it has no hyphen. */
const LONG_NAME = /\w{41,}/g;

/**
 * graphql-js repeats the value it did not like, which may be a code or a password. Names from the document stay: they are
 * what a developer looks for.
 */
function withoutValues(message: string, error: unknown): string {
  const variable = /^Variable "\$(\w+)" got invalid value/.exec(message);
  if (variable !== null) return `Variable "$${variable[1]}" got a value that is not of its type.`;
  const argument = LATE_ARGUMENT.exec(message);
  if (argument !== null) return `Argument "${argument[1]}" got a value that is not of its type.`;
  if (error instanceof GraphQLError && error.nodes?.some((node) => VALUE_KINDS.has(node.kind))) {
    return 'A value in the document is not of the type its place asks for.';
  }
  if (message.startsWith('Unknown operation named')) return 'The document has no operation of that name.';
  if (message.startsWith('GraphQL introspection is not allowed')) return 'Introspection is off here.';
  if (message.startsWith('Syntax Error: Document contains more')) return limits.tokens.sentence;
  if (message.startsWith('There can be only one input field')) return 'An input field is given twice.';
  if (message.startsWith('Syntax Error')) return `${SYNTAX.exec(message)?.[0] ?? message.replace(/[\s:]*".*$/s, '')}.`;
  return message;
}
