import type { RequestShape } from '../peers.js';

const MARK = '{{value}}';

/** Whom to ask for what. */
export interface Target {
  readonly url: string;
  readonly request: RequestShape;
  /** Each request takes the next of them, and the first again after the last. */
  readonly values: readonly string[];
}

export const VIEWER_QUERY = '{ viewer { openid appid } }';

/** `{ viewer { openid appid } }`, with each of the tokens in turn. */
export function viewerTarget(url: string, tokens: readonly string[]): Target {
  return { url, request: graphqlShape({ query: VIEWER_QUERY }, { authorization: `Bearer ${MARK}` }), values: tokens };
}

export function graphqlShape(body: object, headers: Readonly<Record<string, string>> = {}): RequestShape {
  return { method: 'POST', path: '/graphql', headers, body: JSON.stringify(body) };
}

/** The text of a request, in two parts: a value goes between. */
export interface RequestText {
  readonly before: string;
  readonly after: string;
}

/** @throws Error when the values are not all of one length, and stand in the body, whose length is told before it */
export function textOf({ url, request, values }: Target): RequestText {
  const { method, path, headers, body } = request;
  const length = values[0]?.length ?? 0;
  if (body?.includes(MARK) === true && values.some((value) => value.length !== length)) {
    throw new Error('values that stand in the body must be of one length');
  }
  const lines = [
    ...[`${method} ${path} HTTP/1.1`, `host: ${new URL(url).host}`],
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined
      ? []
      : [
          'content-type: application/json',
          `content-length: ${Buffer.byteLength(body.replace(MARK, '')) + (body.includes(MARK) ? length : 0)}`,
        ]),
  ];
  const [before = '', after = ''] = `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`.split(MARK);
  return { before, after };
}

/** One request of it from here. */
export async function askOnce({ url, request, values }: Target): Promise<{ status: number; text: string }> {
  const filled = (text: string) => text.replace(MARK, values[0] ?? '');
  const headers = Object.entries(request.headers).map(([name, value]) => [name, filled(value)] as [string, string]);
  const response = await fetch(`${url}${request.path}`, {
    method: request.method,
    headers: request.body === undefined ? headers : [...headers, ['content-type', 'application/json']],
    ...(request.body === undefined ? {} : { body: filled(request.body) }),
  });
  return { status: response.status, text: await response.text() };
}
