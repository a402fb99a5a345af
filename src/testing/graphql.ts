import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { type DocumentNode, type GraphQLFormattedError, print } from 'graphql';

/**
 * What is asked: a text, or what codegen makes of one (a TypedDocumentString or a TypedDocumentNode), which knows its
 * result R and its variables V.
 */
export type Document<R, V> = string | ((DocumentNode | StringObject) & TypedDocument<R, V>);

/** An object of a class that extends String, as codegen's documents are. */
interface StringObject {
  toString(): string;
  trim(): string;
}

interface TypedDocument<R, V> {
  /** Never called, and never there: it carries the types. */
  __apiType?: (variables: V) => R;
}

/** One argument; none is needed when there is no variable that must be given. */
export type Variables<V> = Record<never, never> extends V ? [variables?: V] : [variables: V];

/** One refusal, as it came over the wire. */
export interface TestError extends GraphQLFormattedError {
  readonly extensions: { readonly code: string; readonly [name: string]: unknown };
}

export interface TestAnswer<R> {
  /** Of HTTP. */
  readonly status: number;
  /** Names are in lower case. */
  readonly headers: OutgoingHttpHeaders;
  /** As JSON has it: a DateTime is a text. */
  readonly data: R | null;
  readonly errors: readonly TestError[];
  /** `extensions.code` of the first error; null when there is none. */
  readonly code: string | null;
}

/**
 * Sends one operation through the gateway's front door.
 *
 * @returns what the door answers, refusals as well: it rejects only when the answer is none of GraphQL's
 */
export type SendGraphQL = <R = Record<string, unknown>, V = Record<string, unknown>>(
  document: Document<R, V>,
  ...variables: Variables<NoInfer<V>>
) => Promise<TestAnswer<R>>;

/** @param token null: nobody is signed in */
export function createSendGraphQL(app: FastifyInstance, token: string | null): SendGraphQL {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };

  return async <R, V>(document: Document<R, V>, ...[variables]: Variables<NoInfer<V>>): Promise<TestAnswer<R>> => {
    const payload = { query: textOf(document), variables };
    const response = await app.inject({ method: 'POST', url: '/graphql', headers, payload });
    const { data = null, errors = [] } = response.json<{ data?: R | null; errors?: TestError[] }>();
    const code = errors[0]?.extensions.code ?? null;
    return { status: response.statusCode, headers: response.headers, data, errors, code };
  };
}

function textOf(document: Document<unknown, never>): string {
  return typeof document === 'object' && 'kind' in document ? print(document) : document.toString();
}
