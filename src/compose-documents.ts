import type { GraphQLSchema } from 'graphql';
import { type Config, ConfigError } from './config.js';
import { documentsFault, fewOf } from './documents-file.js';
import { compileTrustedDocuments, type TrustedDocuments, TrustedDocumentsError } from './graphql/trusted-documents.js';

/**
 * The documents that clients may name; null where none are configured.
 * @throws ConfigError with every document that this schema cannot answer
 */
export function composeDocuments(
  { trustedDocuments, introspection }: Config,
  schema: GraphQLSchema,
): TrustedDocuments | null {
  if (trustedDocuments === null) return null;
  const { mode, texts } = trustedDocuments;
  try {
    return compileTrustedDocuments({ schema, introspection, isRequired: mode === 'require', texts });
  } catch (error) {
    if (!(error instanceof TrustedDocumentsError)) throw error;
    throw new ConfigError(fewOf(error.faults.map(({ id, reason }) => documentsFault(id, reason))));
  }
}
