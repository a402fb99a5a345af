import type { TypedDocumentString } from './generated/graphql.js';

/** A refusal of the gateway. `code` is a row of its error table. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

interface GraphQLAnswer<Result> {
  data?: Result | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/**
 * Sends a generated document; its variables and its result have their types.
 *
 * @throws GatewayError with the first error's code, and fetch's own errors when there was no answer within 10 s.
 */
export async function request<Result, Variables>(
  url: string,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  token: string | null = null,
): Promise<Result> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query: document, variables }),
    signal: AbortSignal.timeout(10_000),
  });
  const { data, errors } = (await response.json()) as GraphQLAnswer<Result>;
  const [error] = errors ?? [];
  if (error !== undefined) throw new GatewayError(error.extensions?.code ?? 'UNKNOWN', error.message);
  if (data === undefined || data === null) throw new GatewayError('UNKNOWN', 'The answer has neither data nor errors.');
  return data;
}
