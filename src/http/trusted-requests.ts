import type { HTTPGraphQLRequest } from '@apollo/server';
import { AppError } from '../errors.js';
import type { TrustedDocuments } from '../graphql/trusted-documents.js';
import { isRecord } from '../lib/values.js';

/**
 * A request with the text that its `documentId` stands for, or the hash of Apollo's `extensions.persistedQuery`: from there on
 * it is answered as that text is. What is no GraphQL request stays as it is, for Apollo Server to refuse.
 *
 * @throws AppError PERSISTED_QUERY_NOT_FOUND for a document that is not trusted, before anything looks at it;
 *   BAD_REQUEST for a name of a document that is none
 */
export function trustedRequest(asked: HTTPGraphQLRequest, trusted: TrustedDocuments): HTTPGraphQLRequest {
  return asked.method === 'GET' ? trustedSearch(asked, trusted) : trustedBody(asked, trusted);
}

function trustedBody(asked: HTTPGraphQLRequest, trusted: TrustedDocuments): HTTPGraphQLRequest {
  if (!isRecord(asked.body)) return asked;
  const { documentId, ...body } = asked.body;
  const query = textFor({ ...body, documentId }, trusted);
  if (query === null) return asked;
  return { ...asked, body: { ...body, query, ...withoutHash(body.extensions) } };
}

function trustedSearch(asked: HTTPGraphQLRequest, trusted: TrustedDocuments): HTTPGraphQLRequest {
  const search = new URLSearchParams(asked.search);
  const documentId = once(search, 'documentId');
  const extensions = parsed(once(search, 'extensions'));
  const query = textFor({ query: search.get('query'), documentId, extensions }, trusted);
  if (query === null) return asked;
  search.delete('documentId');
  // Of a query that comes twice Apollo Server takes none.
  if (!search.get('query')) search.set('query', query);
  const { extensions: others } = withoutHash(extensions);
  if (others !== undefined) search.set('extensions', JSON.stringify(others));
  return { ...asked, search: `?${search}` };
}

function once(search: URLSearchParams, name: string): string | null {
  const [value = null, ...more] = search.getAll(name);
  if (more.length > 0) throw badRequest(`The ${name} search parameter may only be specified once.`);
  return value;
}

interface Asked {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}

/** null where no document is named at all. */
function textFor({ query, documentId, extensions }: Asked, trusted: TrustedDocuments): string | null {
  if (documentId !== undefined && documentId !== null) {
    if (query) throw badRequest('Send a documentId or a query, not both.');
    if (typeof documentId !== 'string') throw badRequest('The documentId must be a string.');
    return found(documentId, trusted);
  }
  if (typeof query === 'string' && query !== '') {
    if (trusted.isRequired && !trusted.has(query)) throw new AppError('PERSISTED_QUERY_NOT_FOUND');
    return query;
  }
  const hash = query ? null : hashIn(extensions);
  return hash === null ? null : found(hash, trusted);
}

const SHA256 = /^(?:sha256:)?[0-9a-f]{64}$/;

function found(id: string, trusted: TrustedDocuments): string {
  const text = trusted.textOf(id);
  if (text !== null) return text;
  // Any other text may be a secret that stands where an id belongs.
  const log = SHA256.test(id) ? { documentId: id } : {};
  // The sentence is what clients of Apollo's convention go by: they then send the text.
  throw new AppError('PERSISTED_QUERY_NOT_FOUND', { message: 'PersistedQueryNotFound', log });
}

function hashIn(extensions: unknown): string | null {
  const persisted = isRecord(extensions) ? extensions.persistedQuery : undefined;
  if (persisted === undefined || persisted === null) return null;
  if (isRecord(persisted) && persisted.version === 1 && typeof persisted.sha256Hash === 'string') {
    return persisted.sha256Hash;
  }
  throw badRequest('The persistedQuery must have version 1 and a sha256Hash.');
}

/** Beside its text, or once it has found one, a hash says nothing: no document is ever taken in. */
function withoutHash(extensions: unknown): { extensions?: object } {
  if (!isRecord(extensions) || !('persistedQuery' in extensions)) return {};
  const { persistedQuery: _, ...others } = extensions;
  return { extensions: others };
}

function parsed(json: string | null): unknown {
  try {
    return JSON.parse(json ?? 'null');
  } catch {
    return null;
  }
}

function badRequest(message: string): AppError {
  return new AppError('BAD_REQUEST', { message });
}
