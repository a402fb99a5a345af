import { createRequire } from 'node:module';
import type * as Package from '@apollo/server';
import type * as Disabled from '@apollo/server/plugin/disabled';
import type * as Tools from '@graphql-tools/schema';

// As CommonJS: their 200 files take three times as long as ES modules. Both in one form, because Apollo Server brings the tools with
// it. Its plugins are plain objects, and may come from either.
const require = createRequire(import.meta.url);
const server: typeof Package = require('@apollo/server');
const disabled: typeof Disabled = require('@apollo/server/plugin/disabled');
const tools: typeof Tools = require('@graphql-tools/schema');

export const { ApolloServer, HeaderMap } = server;
export const { ApolloServerPluginCacheControlDisabled, ApolloServerPluginInlineTraceDisabled } = disabled;
export const { mergeSchemas } = tools;
export type ApolloServer<Context extends Package.BaseContext> = Package.ApolloServer<Context>;
