import { createHash } from 'node:crypto';
import { readJsonFile } from './lib/json-file.js';
import type { ConfigFault } from './lib/option-table.js';

/** Each is kept, validated, and prepared. */
export const MAX_DOCUMENTS = 1000;
export const DOCUMENTS_FILE_EXAMPLE = './generated/persisted-documents.json';

/** Of the draft of GraphQL over HTTP: `sha256:` and the hash, `x-` and a method of one's own, or no prefix. */
const ID = /^(?:(?:sha256|x-[\w.~-]{1,64}):)?[\w.~-]{1,128}$/;

/** What a manifest holds. */
export interface GivenDocuments {
  /** `require`: nothing else is answered. */
  readonly mode: 'allow' | 'require';
  /** By id, as codegen writes them. */
  readonly texts: Readonly<Record<string, string>>;
}

/** @param given undefined: there is a fault in it already */
export function readDocuments(
  { mode, path }: { mode: GivenDocuments['mode'] | null | undefined; path: string | null | undefined },
  readFile: (path: string) => string,
): { documents: GivenDocuments | null; faults: ConfigFault[] } {
  if (mode && path === null) {
    return { documents: null, faults: [documentsFault(null, 'is missing: DOCUMENTS is given')] };
  }
  if (!path) return { documents: null, faults: [] };
  const { texts, faults } = readManifest(path, readFile);
  if (mode) return { documents: { mode, texts }, faults };
  const missing = { name: 'DOCUMENTS', reason: 'is missing: DOCUMENTS_FILE is given', example: 'require' };
  return { documents: null, faults: mode === null ? [missing, ...faults] : faults };
}

/** Every text of a file by its id, or every fault in it, named like `DOCUMENTS_FILE["sha256:..."]`. */
function readManifest(
  path: string,
  readFile: (path: string) => string,
): { texts: Readonly<Record<string, string>>; faults: ConfigFault[] } {
  const file = readJsonFile(path, readFile);
  if ('reason' in file) return { texts: {}, faults: [documentsFault(null, file.reason)] };
  const entries = isObject(file.json) ? Object.entries(file.json) : [];
  if (entries.length === 0) {
    return { texts: {}, faults: [documentsFault(null, 'must name a file with a JSON object of texts by their ids')] };
  }
  if (entries.length > MAX_DOCUMENTS) {
    return { texts: {}, faults: [documentsFault(null, `must have at most ${MAX_DOCUMENTS} documents`)] };
  }
  const faults = entries.flatMap(([id, text]) => {
    const reason = reasonAgainst(id, text);
    return reason === null ? [] : [documentsFault(ID.test(id) ? id : null, reason)];
  });
  return { texts: Object.fromEntries(entries) as Record<string, string>, faults: fewOf(faults) };
}

/** @param id null: the whole file */
export function documentsFault(id: string | null, reason: string): ConfigFault {
  const name = id === null ? 'DOCUMENTS_FILE' : `DOCUMENTS_FILE["${id}"]`;
  return { name, reason, example: DOCUMENTS_FILE_EXAMPLE };
}

const MAX_FAULTS = 20;

/** A schema that has changed can be at odds with every document there is. */
export function fewOf(faults: readonly ConfigFault[]): ConfigFault[] {
  if (faults.length <= MAX_FAULTS) return [...faults];
  const others = documentsFault(null, `has ${faults.length - MAX_FAULTS} more documents like these`);
  return [...faults.slice(0, MAX_FAULTS), others];
}

function reasonAgainst(id: string, text: unknown): string | null {
  if (!ID.test(id)) return 'has an id that is not sha256: and a hash, nor 1 to 128 of A-Z a-z 0-9 _ - . ~';
  if (typeof text !== 'string' || text === '') return 'must be the text of a document';
  if (id.startsWith('sha256:') && id !== `sha256:${createHash('sha256').update(text).digest('hex')}`) {
    return 'is not the SHA-256 of its text: one of them was changed by hand';
  }
  return null;
}

function isObject(json: unknown): json is object {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
