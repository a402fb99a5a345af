import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';
import { AppError, errorTable } from '../errors.js';

/** Codes that Apollo and graphql-js give requests which never reach a resolver. */
const REQUEST_CODES = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'INTROSPECTION_DISABLED',
  'MAX_RECURSIVE_SELECTIONS_EXCEEDED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
]);

/** The one place that decides what a client reads of an error: a row of the table, or a request error without its values. */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const cause = unwrapResolverError(error);
  const where = {
    ...(formatted.locations === undefined ? {} : { locations: formatted.locations }),
    ...(formatted.path === undefined ? {} : { path: formatted.path }),
  };
  if (cause instanceof AppError) return { message: cause.message, ...where, extensions: publicExtensions(cause) };

  const code = formatted.extensions?.code;
  const isRequestError = typeof code === 'string' && REQUEST_CODES.has(code) && formatted.path === undefined;
  if (isRequestError) {
    return { message: withoutValues(formatted.message, error), ...where, extensions: { code } };
  }
  const masked = 'INTERNAL_SERVER_ERROR';
  return { message: errorTable[masked].message, ...where, extensions: { code: masked } };
}

/** What a client may read beside the message. */
export function publicExtensions({ code, reason, retryAfterSeconds }: AppError): Record<string, unknown> {
  return {
    code,
    ...(reason === undefined ? {} : { reason }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
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

/**
 * graphql-js repeats the value it did not like, which may be a code or a password. Names from the document stay: they are
 * what a developer looks for.
 */
function withoutValues(message: string, error: unknown): string {
  const coercion = /^Variable "\$(\w+)" got invalid value/.exec(message);
  if (coercion !== null) return `Variable "$${coercion[1]}" got a value that is not of its type.`;
  if (error instanceof GraphQLError && error.nodes?.some((node) => VALUE_KINDS.has(node.kind))) {
    return 'A value in the document is not of the type its place asks for.';
  }
  // Syntax errors quote the token they stumbled over; punctuation may stay.
  if (message.startsWith('Syntax Error')) return message.replace(/\s*"[^"]*[^\s"{}()[\]:=@$!|&.][^"]*"/g, '');
  return message;
}
