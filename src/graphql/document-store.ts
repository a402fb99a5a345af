import type { DocumentNode } from 'graphql';

/** Good for some tens of megabytes at worst, and for 200 ordinary documents with two or three. */
const MAX_DOCUMENTS = 200;
const MAX_TEXT_LENGTH = 16 * 1024;

/**
 * Keeps the documents that were last asked, parsed and valid. Apollo's own store is bounded by the size of a document
 * printed as JSON, which leaves out the text that the document keeps alive: comments of 60 KB each would fill the memory.
 */
export function createDocumentStore() {
  const documents = new Map<string, DocumentNode>();
  return {
    get: async (key: string): Promise<DocumentNode | undefined> => {
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
