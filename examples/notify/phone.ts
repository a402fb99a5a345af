/** A refusal: a row of the gateway's error table, with what it says beside the code. */
export interface Refusal {
  readonly code: string;
  readonly reason?: string;
}

export type Answer<Result> = { readonly data: Result } | { readonly refusal: Refusal };

interface GraphQLAnswer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly { readonly extensions: Refusal }[];
}

const LOG_IN = 'mutation LogIn($input: LoginInput!) { login(input: $input) { token } }';
const REMIND_ME = 'mutation RemindMe($input: RemindMeInput!) { remindMe(input: $input) { sent } }';

/** The mini-program on somebody's phone. What it keeps is the token. */
export class Phone {
  #token: string | null = null;

  constructor(private readonly url: string) {}

  /** @param code what `wx.login` gave */
  async logIn(code: string) {
    const answer = await this.#request<{ login: { token: string } }>(LOG_IN, { input: { code } });
    if ('data' in answer) this.#token = answer.data.login.token;
    return answer;
  }

  remindMe(text: string) {
    return this.#request<{ remindMe: { sent: boolean } }>(REMIND_ME, { input: { text } });
  }

  /** @throws fetch's own errors when there was no answer within 10 s */
  async #request<Result>(query: string, variables: object): Promise<Answer<Result>> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(10_000),
    });
    const { data, errors = [] } = (await response.json()) as GraphQLAnswer<Result>;
    const [error] = errors;
    if (error !== undefined) return { refusal: error.extensions };
    if (data == null) throw new Error('The answer has neither data nor errors.');
    return { data };
  }
}
