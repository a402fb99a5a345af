/** What `success` and `fail` of a mini-program's functions are called with. */
export interface Callbacks<Result> {
  success(result: Result): void;
  fail(error: unknown): void;
}

export interface LoginOptions {
  /** In ms. */
  timeout: number;
}

export interface RequestOptions {
  url: string;
  method: 'GET' | 'POST';
  header: Record<string, string>;
  data?: string;
  /** Anything but `json`: the text is parsed here. */
  dataType: 'text';
  /** In ms. */
  timeout: number;
}

/** What arrived, whatever the HTTP status. */
export interface PlatformResponse {
  statusCode: number;
  header: object;
  data: unknown;
}

/** A key of the phone's storage. */
export interface StorageOptions {
  key: string;
  encrypt?: boolean;
}

/** The five functions of `wx`, `Taro` or `uni` that are called. */
export interface WxLike {
  login(options: LoginOptions & Callbacks<{ code: string }>): unknown;
  request(options: RequestOptions & Callbacks<PlatformResponse>): unknown;
  getStorage(options: StorageOptions & Callbacks<{ data: unknown }>): unknown;
  setStorage(options: StorageOptions & { data: string } & Callbacks<unknown>): unknown;
  removeStorage(options: { key: string } & Callbacks<unknown>): unknown;
}

/**
 * A place where mini-programs run, as `fromWx`, `fromTaro` or `fromUni` make it: the same functions with promises, which
 * are rejected with `{ errMsg }`, and with at most ten requests at once.
 */
export interface Platform {
  login(options: LoginOptions): Promise<{ code: string }>;
  /** @param isUrgent stands before those that wait already */
  request(options: RequestOptions, isUrgent?: boolean): Promise<PlatformResponse>;
  getStorage(options: StorageOptions): Promise<{ data: unknown }>;
  setStorage(options: StorageOptions & { data: string }): Promise<unknown>;
  removeStorage(options: { key: string }): Promise<unknown>;
}

export interface ClientOptions {
  /** The gateway: `https://auth.example.com/graphql`. */
  url: string;
  /** Of this mini-program. Needed only where one gateway serves several. */
  appid?: string | undefined;
  platform: Platform;
  /**
   * How the token is kept on the phone. `encrypted` wants WeChat's base library 2.21.3.
   * @default 'plain'
   */
  storage?: 'plain' | 'encrypted' | undefined;
  /** @default made of `url` and `appid`, so that no server is sent the token of another */
  storageKey?: string | undefined;
  /**
   * Of each try, up to WeChat's own 60,000.
   * @default 10000
   */
  timeoutMs?: number | undefined;
}

/** A document with the types of its variables and of its result, as GraphQL Code Generator makes it. */
export interface TypedDocument<Result, Variables> {
  __apiType?: ((variables: Variables) => Result) | undefined;
}

/** No variables need to be given where none is required. */
export type VariablesOf<Variables> =
  Record<never, never> extends Variables ? [variables?: Asked<Variables>] : [variables: Asked<Variables>];

/** The variables of the document, and not of what is given: one too many is a fault. As `NoInfer` of later compilers. */
export type Asked<Variables> = [Variables][Variables extends unknown ? 0 : never];

/** Every failure of its methods is a `MenjinError`; misuse is a `TypeError`. */
export interface Client {
  /**
   * Sends a document and gives its `data`. Logs in before, when there is no session, and once more, when it has ended.
   *
   * @throws MenjinError also when there is `data` beside errors: see its `data`
   */
  request<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    ...variables: VariablesOf<Variables>
  ): Promise<Result>;
  request<Result = unknown>(document: string, variables?: Readonly<Record<string, unknown>>): Promise<Result>;
  /** Who is using this phone. */
  viewer(): Promise<Viewer>;
  /** Makes sure that there is a session, by `wx.login` if need be. Nobody needs to call it before `request`. */
  login(): Promise<void>;
  /**
   * Ends the session everywhere. What is under way is given up with `LOGGED_OUT`; the next request logs in again.
   *
   * @throws MenjinError when the end is not known to have reached the gateway: the same again settles it. The phone has
   *   forgotten the token in any case.
   */
  logout(): Promise<void>;
  /** For urql and others that bring their own fetch: to `url` alone, with all that `request` does about logging in. */
  readonly fetch: Fetch;
}

export interface Viewer {
  /** The person's id in this mini-program. */
  readonly openid: string;
  readonly unionid: string | null;
  readonly appid: string;
  readonly platform: string;
  readonly user: { readonly id: string };
  readonly session: { readonly id: string; readonly expiresAt: string };
}

/** An error of the gateway's answer, as it came. */
export interface GraphQLFailure {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** As much of `fetch` as clients of GraphQL use. */
export type FetchLike = (input: string, init?: FetchInit) => Promise<FetchResponse>;

export interface FetchInit {
  method?: string;
  /** An object of texts, or something with `forEach((value, name) => ...)`. */
  headers?: object;
  body?: unknown;
}

export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: {
    get(name: string): string | null;
    forEach(each: (value: string, name: string) => void): void;
  };
  text(): Promise<string>;
  json(): Promise<unknown>;
}

/** Where the compiler knows `fetch`, clients ask for one of that type. */
export type Fetch = typeof globalThis extends { fetch: infer Known } ? Known : FetchLike;
