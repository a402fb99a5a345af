import { randomUUID } from 'node:crypto';
import {
  LogInDocument,
  LogInWithPasswordDocument,
  type LoginInput,
  type LoginWithPasswordInput,
  type TypedDocumentString,
} from './generated/graphql.js';

/** What there is outside the phones. */
export interface World {
  /** Where the gateway is. */
  readonly url: string;
  /** What `wx.login` gives on somebody's phone, in one mini-program. */
  wxLogin(person: string, appid: string): string;
}

export interface App {
  readonly name: string;
  readonly appid: string;
}

/** A row of the gateway's error table, with what it says beside the code. */
export interface Refusal {
  readonly code: string;
  readonly reason?: string;
  readonly mergeable?: boolean;
}

export type Answer<Result> = { readonly data: Result } | { readonly refusal: Refusal };

interface GraphQLAnswer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly { readonly extensions: Refusal }[];
}

/** A mini-program that is open on somebody's phone. What it keeps is the token. */
export class OpenApp {
  #token: string | null = null;

  constructor(
    private readonly world: World,
    readonly person: string,
    readonly app: App,
  ) {}

  /** `Tea on Mei's phone` */
  get name(): string {
    return `${this.app.name} on ${this.device}`;
  }

  get device(): string {
    return `${this.person}'s phone`;
  }

  /** A code: single use, five minutes. */
  wxLogin(): string {
    return this.world.wxLogin(this.person.toLowerCase(), this.app.appid);
  }

  /** Without anybody typing anything. */
  async logIn() {
    const answer = await this.request(LogInDocument, { input: this.#fresh() });
    if ('data' in answer) this.#token = answer.data.login.token;
    return answer;
  }

  async logInWithPassword(account: Pick<LoginWithPasswordInput, 'username' | 'password'>) {
    const answer = await this.request(LogInWithPasswordDocument, { input: { ...this.#fresh(), ...account } });
    if ('data' in answer) this.#token = answer.data.loginWithPassword.token;
    return answer;
  }

  /** @throws fetch's own errors when there was no answer within 10 s */
  async request<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): Promise<Answer<Result>> {
    const response = await fetch(`${this.world.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': this.device,
        ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      body: JSON.stringify({ query: document, variables }),
      signal: AbortSignal.timeout(10_000),
    });
    const { data, errors = [] } = (await response.json()) as GraphQLAnswer<Result>;
    const [error] = errors;
    if (error !== undefined) return { refusal: error.extensions };
    if (data == null) throw new Error('The answer has neither data nor errors.');
    return { data };
  }

  /** Sent again with the same requestId, after a lost answer, a login gives the same session. */
  #fresh(): LoginInput & { code: string; appid: string; requestId: string } {
    return { code: this.wxLogin(), appid: this.app.appid, requestId: randomUUID() };
  }
}
