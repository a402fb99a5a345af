export type { AppCalls } from './auth/app-calls.js';
export type { Authentication } from './auth/authenticate.js';
export type {
  Hooks,
  LoginEvent,
  SessionEndedEvent,
  SessionEndReason,
  UserCreatedEvent,
  UsersMergedEvent,
} from './auth/hooks.js';
export type { FoundUser } from './auth/show-user.js';
export type { Viewer } from './auth/viewer.js';
export type { GatewayCalls } from './compose-wechat.js';
export { contextBuilder, type RequestWithHeaders } from './context-builder.js';
export { AppError, type AppErrorOptions, type ErrorCode } from './errors.js';
export {
  type Config,
  ConfigError,
  createGateway,
  DataDirError,
  type Gateway,
  type GatewayOptions,
  type GivenConfig,
} from './gateway.js';
export { requireViewer } from './graphql/authorization.js';
export type { ResolverClass } from './graphql/class-schema.js';
export type { GatewayContext } from './graphql/context.js';
export type { OwnSchema, ResolverMap } from './graphql/own-schema.js';
export type { Roles } from './graphql/roles.js';
export { printGatewaySchema } from './graphql/schema.js';
export { SessionType } from './graphql/types/session.js';
export { UserType } from './graphql/types/user.js';
export { ViewerType } from './graphql/types/viewer.js';
export type {} from './http/request-viewer.js';
export type { App, PlatformName } from './platforms/platform.js';
export { type WechatCall, WechatCallError } from './wechat/app-calls.js';
export type { CheckedText, TextVerdict } from './wechat/msg-sec-check.js';
export type { SubscribeMessage } from './wechat/subscribe-message.js';
