import type { DocumentNode } from 'graphql';
import type { TrustedDocument } from './trusted-documents.js';

/** Good for some tens of megabytes at worst, and for 200 ordinary documents with two or three. */
const MAX_DOCUMENTS = 200;
const MAX_TEXT_LENGTH = 16 * 1024;
/** A key ends with the hash of the text. */
const SHA256_HEX_LENGTH = 64;

/**
 * Keeps the documents that were last asked, parsed and valid. Apollo's own store is bounded by the size of a document
 * printed as JSON, which leaves out the text that the document keeps alive: comments of 60 KB each would fill the memory.
 *
 * @param trusted is always there: it is parsed once, at the start
 */
export function createDocumentStore(trusted: readonly TrustedDocument[] = []) {
  const pinned = new Map(trusted.map(({ sha256, document }) => [sha256, document]));
  const documents = new Map<string, DocumentNode>();
  return {
    get: async (key: string): Promise<DocumentNode | undefined> => {
      const always = pinned.get(key.slice(-SHA256_HEX_LENGTH));
      if (always !== undefined) return always;
      const document = documents.get(key);
      if (document === undefined) return undefined;
      // The order of a Map is that of its insertions: the first is the one that was not asked for the longest time.
      documents.delete(key);
      documents.set(key, document);
      return document;
    },
    set: async (key: string, document: DocumentNode): Promise<void> => {
      if (document.loc === undefined || document.loc.end > MAX_TEXT_LENGTH) return;
      documents.set(key, document);
      if (documents.size <= MAX_DOCUMENTS) return;
      for (const oldest of documents.keys()) {
        documents.delete(oldest);
        return;
      }
    },
    delete: async (key: string): Promise<boolean> => documents.delete(key),
  };
}
