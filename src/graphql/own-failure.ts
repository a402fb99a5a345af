import { GraphQLError } from 'graphql';

/**
 * What a resolver or a plugin of somebody's own says of its failure: a GraphQLError with a code is written to be read. Null
 * for everything else. `http` is the server's business, and so is the stack.
 */
export function ownExtensions(cause: unknown): (Record<string, unknown> & { code: string }) | null {
  if (!(cause instanceof GraphQLError)) return null;
  const { code, http, stacktrace, validationErrors, ...others } = cause.extensions;
  if (typeof code !== 'string') return null;
  return {
    ...others,
    ...(Array.isArray(validationErrors) ? { validationErrors: validationErrors.map(withoutTarget) } : {}),
    code,
  };
}

/** class-validator hands the whole input along, with the fields beside the wrong one: a password, say. */
function withoutTarget(fault: unknown): Record<string, unknown> {
  const { property, constraints, children } = (fault ?? {}) as Record<string, unknown>;
  return {
    property,
    ...(constraints === undefined ? {} : { constraints }),
    ...(Array.isArray(children) && children.length > 0 ? { children: children.map(withoutTarget) } : {}),
  };
}

/** The HTTP status that it asks for, by `extensions.http.status`; 200 when it asks for none. Null when it is none of these. */
export function ownStatus(cause: unknown): number | null {
  if (ownExtensions(cause) === null) return null;
  const { http } = (cause as GraphQLError).extensions as { http?: { status?: unknown } };
  const status = http?.status;
  return typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599 ? status : 200;
}
