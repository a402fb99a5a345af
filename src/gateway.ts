import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import type { FastifyInstance } from 'fastify';
import type { DestinationStream } from 'pino';
import { createAuthenticate } from './auth/authenticate.js';
import { createFindUser, type FindUser } from './auth/show-user.js';
import { gatedAuthenticate } from './auth/sweeper.js';
import { createTouch } from './auth/touch.js';
import type { Viewer } from './auth/viewer.js';
import { composeDocuments } from './compose-documents.js';
import { composeWechat, type GatewayCalls, WECHAT_API_URL } from './compose-wechat.js';
import { type Config, loadConfig } from './config.js';
import type { ContextMaker } from './context-builder.js';
import { composeEnding, readinessChecks, reportOutages } from './ending.js';
import type { fetchJson as FetchJson } from './fetch-json.js';
import { checkOptionNames, checkOwnParts, type GatewayOptions, type OwnParts } from './gateway-options.js';
import { startApollo } from './graphql/apollo.js';
import { ViewerContext } from './graphql/context.js';
import { createPreparedQueries } from './graphql/prepared-queries.js';
import { createReport } from './graphql/report.js';
import { rolesOfRequest } from './graphql/roles.js';
import { buildGatewaySchema } from './graphql/schema.js';
import { createAdminServer } from './http/admin-server.js';
import { bearerToken } from './http/bearer.js';
import { reportEarlyRefusals } from './http/early-refusals.js';
import { openFastWay } from './http/fast-way.js';
import { requestIdOf } from './http/request-id.js';
import { createTokenReader } from './http/request-token.js';
import { identifySenders } from './http/request-viewer.js';
import { graphqlRoute } from './http/routes/graphql.js';
import { healthRoutes } from './http/routes/health.js';
import { addressOf, senderOf } from './http/sender.js';
import { createServer } from './http/server.js';
import { type Closers, createClosers } from './lib/closers.js';
import { createKeyRing } from './lib/key-ring.js';
import { type BreakerChange, createBreaker } from './limits/breaker.js';
import { createLoginLimiter } from './limits/login-limiter.js';
import { measuredDatabase, measuredPlatforms, measuredSessionStore } from './measured.js';
import { createLog, type Log } from './observe/log.js';
import { createMetrics, type Metrics, measureProcess } from './observe/metrics.js';
import { createPlatforms } from './platforms/index.js';
import { createRequestContexts } from './request-context.js';
import { serverKeysOf } from './server-keys.js';
import { createLifetimes } from './sessions/lifetimes.js';
import type { SessionStore } from './sessions/session-store.js';
import { simulatedApp, startSimulator } from './simulated-app.js';
import type { Simulator } from './simulator/index.js';
import type { Database } from './sql/database.js';
import { openStores } from './stores.js';
import type { PasswordHasher } from './users/password-hasher.js';
import { composeVerbs } from './verbs.js';
import { version } from './version.js';

export { type Config, ConfigError, type GivenConfig } from './config.js';
export type { GatewayOptions } from './gateway-options.js';
export { DataDirError } from './server-keys.js';

export interface Gateway {
  /**
   * The HTTP server. Routes of one's own are added to it before `listen()`; on them `request.viewer` is who sent the request,
   * and what they throw is answered in the shape of every other failure.
   */
  readonly app: FastifyInstance;
  /**
   * Listens on the configured HOST and PORT, and ADMIN_PORT if there is one.
   * @throws Error of Node's, with a `code` such as `EADDRINUSE`
   */
  listen(): Promise<{ url: string }>;
  /**
   * Who a token names; null when it names no session. Counts as a use of the session.
   * @throws AppError SERVICE_UNAVAILABLE when the store could not answer.
   */
  authenticate(token: string): Promise<Viewer | null>;
  /** Who a stored id names now, also when that user was merged into another; null for an id that never was one. */
  readonly findUser: FindUser;
  /** WeChat's server APIs, called in an app's name. */
  readonly wechatApi: GatewayCalls;
  /** Answers what is under way, closes the stores, leaves no handle open. Calling it again waits for the same end. */
  close(): Promise<void>;
}

/** What tests put in place of the world: a clock, a place for the log, and stores that fail when told to. */
export interface Seams {
  readonly now?: () => number;
  readonly logDestination?: DestinationStream;
  readonly wrapDatabase?: (database: Database) => Database;
  readonly wrapSessionStore?: (store: SessionStore) => SessionStore;
  /** How platforms are asked. */
  readonly fetchJson?: typeof FetchJson;
  /** How passwords are hashed. @default argon2id */
  readonly passwordHasher?: PasswordHasher;
  /** Pages and explorers. @default true, outside production */
  readonly hasPages?: boolean;
  /** null: only what is unfinished at the start is swept. @default 2000 */
  readonly sweepEveryMs?: number | null;
}

export interface RunningGateway extends Gateway, ContextMaker {
  /** One round of what a process does every two seconds. */
  sweep(): Promise<void>;
  readonly config: Config;
  readonly log: Log;
  /** null in production, and where apps are configured. */
  readonly simulator: Simulator | null;
  /** What `/metrics` answers on ADMIN_PORT. */
  metricsText(): Promise<string>;
}

const SWEEP_EVERY_MS = 2000;

/**
 * A gateway that does not listen yet. What `options.config` leaves out is read from the environment and a `.env` file, as
 * `npm start` does.
 *
 * @throws ConfigError with every fault of the configuration, DataDirError, TypeError when the options do not go together
 *   or redefine what is menjin's, or an Error of one sentence when a store cannot be used.
 */
export async function createGateway(options: GatewayOptions = {}): Promise<Gateway> {
  checkOptionNames(options);
  const { config: given, ...ownParts } = options;
  const { config, warnings } = loadConfig(undefined, given);
  const gateway = await composeGateway(config, ownParts);
  for (const warning of warnings) gateway.log.warn(warning);
  return gateway;
}

/** Builds every part, once, and says what is connected to what. What it cannot finish it closes again. */
export async function composeGateway(config: Config, parts: OwnParts & Seams = {}): Promise<RunningGateway> {
  const closers = createClosers();
  try {
    return await compose(config, parts, parts, closers);
  } catch (error) {
    await closers.close().catch(() => undefined);
    throw error;
  }
}

async function compose(config: Config, own: OwnParts, seams: Seams, closers: Closers): Promise<RunningGateway> {
  const { now = Date.now, wrapDatabase = (database) => database, wrapSessionStore = (store) => store } = seams;
  const isProduction = config.environment === 'production';
  checkOwnParts(own);
  const schema = buildGatewaySchema(own);
  const trusted = composeDocuments(config, schema);
  const log = createLog(config.logLevel, seams.logDestination);
  const metrics = createMetrics();
  const keys = createKeyRing(serverKeysOf(config));

  let deleteAgain = (): void => undefined;
  const stores = await openStores(config, seams.now ?? null, {
    ...reportOutages(log),
    onReplaced: () => deleteAgain(),
  });
  closers.add(stores.close);
  for (const warning of stores.warnings) log.warn(warning);
  const database = measuredDatabase(wrapDatabase(stores.database), metrics);
  const sessionStore = measuredSessionStore(wrapSessionStore(stores.sessionStore), metrics);

  const simulator = await startSimulator(config, now);
  if (simulator !== null) closers.add(simulator.close);
  const apps = simulator === null ? config.apps : [simulatedApp(simulator)];
  const wechatApiUrl = simulator?.url ?? config.wechatApiUrl ?? WECHAT_API_URL;
  const { fetchJson } = seams;
  const platforms = measuredPlatforms(createPlatforms({ wechatApiUrl, fetchJson }), metrics);
  const wechat = composeWechat({ apps, apiUrl: wechatApiUrl, database, keys, fetchJson, now, log });
  closers.add(wechat.close);

  const elapsedMs = seams.now ?? (() => performance.now());
  const breaker = createBreaker({ now: elapsedMs, onChange: reportBreaker(log, metrics) });
  for (const { platform, appid } of apps) metrics.breakerOpen.set({ platform, appid }, 0);
  const limitLogins = createLoginLimiter({
    perIp: config.loginLimitPerIp,
    perApp: config.loginLimitPerApp,
    redis: stores.redis,
  });

  const { cache, ending, sweep, sweeper, ...replaced } = await composeEnding({
    ...{ database, sessionStore, redis: stores.redis, log, closers, now, elapsedMs },
    ...{ cacheSize: config.sessionCacheSize, auditRetentionMs: config.auditRetentionMs, hooks: own.hooks ?? {} },
    isSqlInProcess: config.databaseUrl.kind !== 'postgres',
    sweepEveryMs: seams.sweepEveryMs === undefined ? SWEEP_EVERY_MS : seams.sweepEveryMs,
  });
  deleteAgain = replaced.deleteAgain;
  await sweeper.tried;

  const lifetimes = createLifetimes({ idleTtlMs: config.sessionIdleTtlMs, maxTtlMs: config.sessionMaxTtlMs });
  const authenticateSwept = createAuthenticate({
    sessionStore: cache,
    touch: createTouch({ database, sessionStore, lifetimes, now, drop: cache.drop }),
    now,
    onMassMisses: () =>
      log.error({ alarm: 'many tokens name no session' }, 'most tokens name no session: did the store lose them?'),
    onCorrupt: () => log.error({ alarm: 'corrupt session value' }, 'a session value is not one of ours: refused'),
  });
  const authenticate = gatedAuthenticate(authenticateSwept, sweeper);
  const verbs = composeVerbs({
    ...{ config, apps, limitLogins, platforms, breaker, wechat: wechat.api, ending, keys, lifetimes, now, log },
    ...{ redis: stores.redis, passwordHasher: seams.passwordHasher },
  });

  const showsOwnMessages = config.environment === 'development';
  const report = createReport({ showsOwnMessages });
  const hasPages = !isProduction && seams.hasPages !== false;
  const development = hasPages ? await (await import('./http/development.js')).loadDevelopment() : null;
  const landingPage = development?.landingPage ?? ApolloServerPluginLandingPageDisabled();
  const { introspection } = config;
  const { roles = () => [], plugins: ownPlugins = [] } = own;
  // A plugin of somebody's may look at, or change, anything.
  const prepared = ownPlugins.length === 0 ? createPreparedQueries(schema, trusted) : null;
  const plugins = [report.plugin, ...(prepared === null ? [] : [prepared.plugin]), landingPage, ...ownPlugins];
  const apollo = await startApollo({ schema, isProduction, introspection, log, plugins, trusted });
  closers.add(() => apollo.stop());

  let isDraining = false;
  const { app, refusals } = await createServer({
    ...config,
    ...{ log, metrics, isProduction, showsOwnMessages, now: elapsedMs },
  });
  closers.add(() => app.close());
  const tokenOf = createTokenReader({ takesSkey: config.wafer });
  const makeContext = createRequestContexts({
    ...{ authenticate, roles: own.roles, callsFor: wechat.callsFor, verbs, log, metrics },
  });
  graphqlRoute(app, {
    ...{ apollo, trusted, now: elapsedMs },
    onAnswer: reportEarlyRefusals(report, refusals),
    context: async (request) => {
      const userAgent = request.headers['user-agent'] ?? null;
      const sender = { addressBlock: senderOf(request), address: addressOf(request), userAgent };
      const authentication = fastWay?.authenticationOf(request.raw);
      return makeContext({ requestId: request.id, token: tokenOf(request), sender, authentication });
    },
  });
  const fastWay = prepared === null ? null : openFastWay(app, { prepared, makeContext, metrics, log, now: elapsedMs });
  healthRoutes(app, { checks: readinessChecks(stores, sweeper), isDraining: () => isDraining });
  const kinds = { users: config.databaseUrl.kind, sessions: config.sessionStoreUrl.kind };
  development?.addRoutes(app, { version, apps, stores: kinds, simulator });
  if (config.wafer) {
    const { waferRoutes } = await import('./http/routes/wafer.js');
    await waferRoutes(app, { tokenOf, authenticate, verbs, refusals, log, metrics, now });
  }

  identifySenders(app, authenticate, tokenOf);

  const { host, port, adminPort } = config;
  const adminApp = adminPort === null ? null : await createAdminServer({ log, metrics, isProduction });
  if (adminApp !== null) {
    measureProcess(metrics);
    closers.add(() => adminApp.close());
  }

  return {
    app,
    config,
    log,
    simulator,
    metricsText: () => metrics.registry.metrics(),
    sweep: () => sweep.round(),
    listen: async () => {
      await adminApp?.listen({ host, port: adminPort ?? 0 });
      return { url: await app.listen({ host, port }) };
    },
    findUser: createFindUser(ending),
    wechatApi: wechat.calls,
    authenticate: async (token) => {
      const authentication = await authenticate(token);
      if (authentication.state === 'unknown') throw authentication.error;
      return authentication.state === 'signedIn' ? authentication.viewer : null;
    },
    contextOf: async ({ authorization, requestId }) =>
      new ViewerContext({
        requestId: requestIdOf(requestId),
        authentication: await authenticate(bearerToken(authorization)),
        rolesOf: rolesOfRequest(roles),
        callsFor: wechat.callsFor,
      }),
    close: () => {
      isDraining = true;
      return closers.close();
    },
  };
}

function reportBreaker(log: Log, metrics: Metrics): (change: BreakerChange) => void {
  return ({ app: { platform, appid }, isOpen }) => {
    metrics.breakerOpen.set({ platform, appid }, isOpen ? 1 : 0);
    if (isOpen) log.error({ platform, appid }, 'breaker open: the platform fails, and is asked once a second only');
    else log.info({ platform, appid }, 'breaker closed: the platform answers again');
  };
}
