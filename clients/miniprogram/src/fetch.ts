import type { Fetch, FetchInit, FetchResponse, Platform, PlatformResponse, RequestOptions } from './api.js';
import { lowerCase } from './lower-case.js';

/**
 * A `fetch` over the platform's request, for urql and others that bring their own. It knows nothing of logging in:
 * `client.fetch` does. `signal` is ignored.
 */
export function createFetch(platform: Pick<Platform, 'request'>, timeoutMs = 10_000): Fetch {
  const fetch = (input: unknown, { method = 'GET', headers = {}, body }: FetchInit = {}) => {
    const request = { url: String(input), method, header: lowerCase(headers), dataType: 'text', timeout: timeoutMs };
    return platform.request((body ? { ...request, data: String(body) } : request) as RequestOptions).then(responseOf);
  };
  return fetch as unknown as Fetch;
}

function responseOf({ statusCode: status, header, data }: PlatformResponse): FetchResponse {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  const headers = lowerCase(header);
  return {
    status,
    ok: status >= 200 && status < 300,
    headers: {
      get: (name) => headers[name.toLowerCase()] || null,
      forEach(each) {
        for (const [name, value] of Object.entries(headers)) each(value, name);
      },
    },
    text: async () => text,
    json: async () => JSON.parse(text),
  };
}
