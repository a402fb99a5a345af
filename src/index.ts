export type { Viewer } from './auth/viewer.js';
export { type Config, ConfigError, createGateway, type Gateway, type GatewayOptions } from './gateway.js';
export type { GatewayContext } from './graphql/context.js';
export type { App, PlatformName } from './platforms/platform.js';
