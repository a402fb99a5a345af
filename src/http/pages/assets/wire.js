// Everything these pages ask of the gateway they came from.

/** What `wx.login` does on this person's phone. A fault is what the exchange of the code will meet. */
export async function wxLogin(user, fault) {
  const response = await fetch('/simulator/codes', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault === undefined ? { user } : { user, fault }),
  });
  const { code } = await response.json();
  if (typeof code !== 'string') throw new Error('no code');
  return code;
}

/** How the gateway traded the code, oldest first, as a bystander may see it. */
export async function exchangesOf(code) {
  const response = await fetch(`/simulator/exchanges?code=${encodeURIComponent(code)}`);
  const { exchanges } = await response.json();
  return exchanges;
}

/** A request of GraphQL, as the journal has it. `call` is the field it asks for. */
export function requestOf(header, data, by = null) {
  const { query, variables } = JSON.parse(data);
  const [, call] = /\{\s*(\w+)/.exec(query);
  const token = header.authorization?.replace('Bearer ', '') ?? null;
  return { by, call, query, variables, token, answer: null };
}

/** Sends it, and gives what `wx.request` would. `answer.code` is that of the first error, or null. */
export async function post(request, { url, header, data, timeout }) {
  const response = await fetch(url, {
    method: 'POST',
    headers: header,
    body: data,
    signal: AbortSignal.timeout(timeout),
  });
  const text = await response.text();
  request.answer = readAnswer(response.status, text);
  return { statusCode: response.status, header: Object.fromEntries(response.headers), data: text };
}

function readAnswer(status, text) {
  const body = JSON.parse(text);
  const { code = null, retryAfterSeconds = null } = body.errors?.[0]?.extensions ?? {};
  return { status, body, data: body.data ?? null, code, retryAfterSeconds };
}

/** A request that no client makes: somebody else's, told by whom. */
export async function askAs(by, journal, query, { variables, token } = {}) {
  const header = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const data = JSON.stringify({ query, variables });
  const request = requestOf(header, data, by);
  await journal.keep(request, () => post(request, { url: '/graphql', header, data, timeout: 10_000 }));
  return request.answer;
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
