import type { ApolloServerPlugin } from '@apollo/server';
import { HOOK_NAMES, type Hooks } from './auth/hooks.js';
import type { GivenConfig } from './config.js';
import type { GatewayContext } from './graphql/context.js';
import type { OwnSchema } from './graphql/own-schema.js';
import type { Roles } from './graphql/roles.js';

/** What a back-end developer puts into a gateway: a schema, roles, plugins. */
export interface OwnParts extends OwnSchema {
  /**
   * The roles of a viewer, for `@Authorized('ROLE')` and `context.hasRole('ROLE')`. Asked when a role is asked for, once a
   * request at most, and waited for 5 s. @default nobody has any
   */
  readonly roles?: Roles | undefined;
  /** Functions that are told what happens, and one that may refuse a login. @default nobody is told anything */
  readonly hooks?: Hooks | undefined;
  /** Plugins of Apollo Server; they run after menjin's. */
  readonly plugins?: readonly ApolloServerPlugin<GatewayContext>[] | undefined;
}

export interface GatewayOptions extends OwnParts {
  /** Settings that replace what the environment says. What is given here need not stand there. */
  readonly config?: GivenConfig | undefined;
}

const NAMES: Readonly<Record<keyof GatewayOptions, true>> = {
  config: true,
  resolvers: true,
  typeDefs: true,
  schema: true,
  roles: true,
  plugins: true,
  hooks: true,
};

/**
 * For those who write JavaScript.
 *
 * @param others names that `maker` takes beside a gateway's
 * @throws TypeError when there is no such option
 */
export function checkOptionNames(options: object, maker = 'createGateway', others: readonly string[] = []): void {
  const names = [...Object.keys(NAMES), ...others];
  const unknown = Object.keys(options).filter((name) => !names.includes(name));
  if (unknown.length === 0) return;
  throw new TypeError(`${maker} has no option ${unknown.join(', ')}. It has: ${names.join(', ')}.`);
}

/** @throws TypeError when a part is of another kind; schemas are looked at where they are merged */
export function checkOwnParts({ roles, plugins, hooks }: OwnParts): void {
  if (roles !== undefined && typeof roles !== 'function') {
    throw new TypeError('roles must be a function that gives the roles of a viewer.');
  }
  if (plugins !== undefined && !Array.isArray(plugins)) throw new TypeError('plugins must be a list.');
  if (hooks !== undefined) checkHooks(hooks);
}

function checkHooks(hooks: Hooks): void {
  if (typeof hooks !== 'object' || hooks === null) throw new TypeError('hooks must be an object of functions.');
  const names = Object.keys(HOOK_NAMES);
  const unknown = Object.keys(hooks).filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new TypeError(`hooks has no ${unknown.join(', ')}. It has: ${names.join(', ')}.`);
  }
  for (const [name, hook] of Object.entries(hooks)) {
    if (hook !== undefined && typeof hook !== 'function') throw new TypeError(`hooks.${name} must be a function.`);
  }
}
