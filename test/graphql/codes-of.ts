import { graphql } from 'graphql';
import type { ResolverClass } from '../../src/graphql/class-schema.js';
import { RequestContext } from '../../src/graphql/context.js';
import { buildGatewaySchema } from '../../src/graphql/schema.js';

const ANONYMOUS = { state: 'anonymous' };
export const WITHOUT_ROLES = { state: 'signedIn', viewer: {} };

/** What an operation answers, and under each path of a failure its code. Nobody is signed in unless it is said. */
export async function codesOf(
  resolvers: readonly ResolverClass[],
  source: string,
  authentication: object = ANONYMOUS,
): Promise<Record<string, unknown>> {
  const contextValue = Object.assign(Object.create(RequestContext.prototype), {
    authentication,
    requestId: 'r',
    rolesOf: async () => [],
  });
  const { data, errors = [] } = await graphql({ schema: buildGatewaySchema({ resolvers }), source, contextValue });
  const codes = errors.map(({ path = [], extensions }) => [path.join('.'), extensions.code ?? 'no code']);
  return { data: JSON.parse(JSON.stringify(data ?? null)), ...Object.fromEntries(codes) };
}
