export type {
  Asked,
  Callbacks,
  Client,
  ClientOptions,
  Fetch,
  FetchInit,
  FetchLike,
  FetchResponse,
  GraphQLFailure,
  LoginOptions,
  Platform,
  PlatformResponse,
  RequestOptions,
  StorageOptions,
  TypedDocument,
  VariablesOf,
  Viewer,
  WxLike,
} from './api.js';
export { createClient } from './create-client.js';
export { createFetch } from './fetch.js';
export { MenjinError } from './menjin-error.js';
export { fromTaro, fromUni, fromWx } from './platforms.js';
