import { isUtf8 } from 'node:buffer';
import { createRecent } from '../lib/recent.js';
import { isRecord } from '../lib/values.js';

/** What a body of GraphQL over HTTP asks, where it says nothing else. */
export interface AskedQuery {
  /** null where a trusted document is named in its place. */
  readonly query: string | null;
  readonly documentId: string | null;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** null for what is no such body, or says more: whoever knows better what that means judges it. */
export type ReadGraphqlBody = (bytes: Buffer) => AskedQuery | null;

/** Phones send the same bytes again and again, where there are no variables: those are read once. */
export function createBodyReader(): ReadGraphqlBody {
  const known = createRecent<AskedQuery>(MAX_KNOWN);
  return (bytes) => {
    if (bytes.length > MAX_KNOWN_BYTES) return read(bytes);
    const key = bytes.toString('latin1');
    const found = known.get(key);
    if (found !== undefined) return found;
    const asked = read(bytes);
    if (asked !== null && asked.variables === NO_VARIABLES) known.put(key, asked);
    return asked;
  };
}

const MAX_KNOWN = 200;
const MAX_KNOWN_BYTES = 4096;

function read(bytes: Buffer): AskedQuery | null {
  const body = parse(bytes);
  if (!isRecord(body)) return null;
  for (const name in body) if (!NAMES.has(name)) return null;
  const { query = null, documentId = null, operationName = null, variables = null } = body;
  // Both, or none of them, is wrong.
  if ((query === null) === (documentId === null)) return null;
  if (!isText(query) || !isText(documentId) || !isText(operationName)) return null;
  if (variables !== null && !isRecord(variables)) return null;
  return { query, documentId, operationName, variables: variables ?? NO_VARIABLES };
}

const NAMES: ReadonlySet<string> = new Set(['query', 'documentId', 'operationName', 'variables']);
const NO_VARIABLES = Object.freeze({});

function parse(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) return null;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}

function isText(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}
