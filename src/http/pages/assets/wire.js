// Everything these pages ask of the gateway they came from.

async function readJson(response) {
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text) };
}

/** What `wx.login` does on this person's phone. A fault is what the exchange of the code will meet. */
export async function wxLogin(user, fault) {
  const response = await fetch('/simulator/codes', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault === undefined ? { user } : { user, fault }),
  });
  const { body } = await readJson(response);
  if (typeof body.code !== 'string') throw new Error('no code');
  return body.code;
}

/** How the gateway traded the code, oldest first, as a bystander may see it. */
export async function exchangesOf(code) {
  const { body } = await readJson(await fetch(`/simulator/exchanges?code=${encodeURIComponent(code)}`));
  return body.exchanges;
}

/** One GraphQL operation. `code` is that of the first error, or null. */
export async function sendGraphql(query, { variables, token } = {}) {
  const startedAt = performance.now();
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(variables === undefined ? { query } : { query, variables }),
  });
  const { status, body } = await readJson(response);
  const extensions = body.errors?.[0]?.extensions ?? {};
  return {
    status,
    body,
    data: body.data ?? null,
    code: extensions.code ?? null,
    retryAfterSeconds: extensions.retryAfterSeconds ?? null,
    seconds: (performance.now() - startedAt) / 1000,
  };
}

/** 32 characters that nobody can guess: a name for one login. */
export function createRequestId() {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

/** In hexadecimal; null where the browser does not hash, which is outside https and this machine. */
export async function sha256(text) {
  if (crypto.subtle === undefined) return null;
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
