import { randomBytes } from 'node:crypto';
import type { ApolloServerPlugin } from '@apollo/server';
import { escapeHtml, scriptJson } from './pages/html.js';

// Apollo's own landing page says no more than "you might be offline" when its script cannot be loaded. This one embeds
// the same Sandbox, and then says how to go on without it.

const SANDBOX_CDN = 'https://embeddable-sandbox.cdn.apollographql.com';
const SANDBOX_FRAME = 'https://sandbox.embed.apollographql.com';
const SANDBOX_SCRIPT = `${SANDBOX_CDN}/v2/embeddable-sandbox.umd.production.min.js`;
/** How long Sandbox may take before the page stops to hope. */
const PATIENCE_MS = 10_000;

/** A login, in the variable `input`. */
export const logInOperation = `mutation LogIn($input: LoginInput!) {
  login(input: $input) {
    token
    expiresAt
    isNewUser
    viewer {
      openid
    }
  }
}
`;

/** Whom the login made the caller. */
export const viewerOperation = `query Viewer {
  viewer {
    openid
    unionid
    appid
    platform
    tenant
    user {
      id
      createdAt
    }
    session {
      id
      createdAt
      lastSeenAt
      expiresAt
    }
  }
}
`;

/** What Sandbox shows first. */
export const explorerDocument = `# 1. A code is what wx.login gives the phone. For the test user alice:
#      npm run -s code -- alice
#    Paste it into "code" under Variables, and run LogIn.
${logInOperation}
# 2. Put the token in place of <token> under Headers, and run Viewer.
${viewerOperation}`;

const sandboxOptions = {
  target: '#sandbox',
  initialState: {
    document: explorerDocument,
    variables: { input: { code: '' } },
    headers: { authorization: 'Bearer <token>' },
    includeCookies: false,
    // The schema of a running gateway does not change.
    pollForSchemaUpdates: false,
  },
  hideCookieToggle: false,
  endpointIsEditable: false,
  runTelemetry: false,
  // Sandbox would set a style attribute, which the page's policy forbids.
  allowDynamicStyles: false,
};

const loginBody = { query: 'mutation { login(input: { code: "CODE" }) { token viewer { openid } } }' };
const viewerBody = { query: '{ viewer { openid user { id } } }' };

/** Curl arguments in the one quoting that sh and the Windows Command Prompt both understand. */
function quoteJson(value: unknown): string {
  return `"${JSON.stringify(value).replace(/[\\"]/g, '\\$&')}"`;
}

function contentSecurityPolicy(nonce: string): string {
  return [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}' ${SANDBOX_CDN}`,
    `style-src 'nonce-${nonce}' ${SANDBOX_CDN}`,
    `frame-src ${SANDBOX_FRAME}`,
    `connect-src 'self'`,
    `img-src data:`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
}

const style = `
  body { margin: 0; height: 100vh; display: flex; flex-direction: column; color: #1b2240; background: #fff;
    font: 16px/1.6 system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", sans-serif; }
  main { max-width: 56rem; padding: 2.5rem 2rem; margin: 0 auto; box-sizing: border-box; width: 100%; }
  h1 { font-size: 1.5rem; margin: 0 0 1rem; }
  pre { padding: .8rem 1rem; border-radius: .5rem; background: #f1f3f9; white-space: pre-wrap;
    overflow-wrap: anywhere; user-select: all; }
  #sandbox { flex: 1 0 60vh; display: flex; }
  iframe { flex: 1; border: none; }
  [hidden] { display: none !important; }`;

const script = `
  const sandbox = document.getElementById('sandbox');
  const fallback = document.getElementById('fallback');
  const endpoint = location.origin + location.pathname;
  for (const span of document.querySelectorAll('.endpoint')) span.textContent = endpoint;
  const show = (part) => {
    for (const other of document.querySelectorAll('main')) other.hidden = other !== part;
  };
  const giveUp = () => show(fallback);
  const patience = setTimeout(giveUp, ${PATIENCE_MS});
  addEventListener('message', ({ origin }) => {
    if (origin !== ${scriptJson(SANDBOX_FRAME)}) return;
    clearTimeout(patience);
    show(null);
  });
  const loader = document.createElement('script');
  loader.src = ${scriptJson(SANDBOX_SCRIPT)};
  loader.onerror = giveUp;
  loader.onload = () => {
    sandbox.hidden = false;
    new window.EmbeddedSandbox({ ...${scriptJson(sandboxOptions)}, initialEndpoint: endpoint });
  };
  document.head.append(loader);`;

function curl(...args: string[]): string {
  const line = ['curl', '{endpoint}', '-H', '"content-type: application/json"', ...args].join(' ');
  return `<pre>${escapeHtml(line).replace('{endpoint}', '<span class="endpoint">http://127.0.0.1:4000/graphql</span>')}</pre>`;
}

function page(nonce: string, offlineExplorerPath: string | null): string {
  const elsewhere =
    offlineExplorerPath === null
      ? ','
      : `: in <a href="${offlineExplorerPath}">the explorer that needs no internet</a>, or`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy(nonce)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>menjin: Apollo Sandbox</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${style}
</style>
</head>
<body>
<noscript>Apollo Sandbox needs JavaScript.</noscript>
<main id="loading" role="status">Apollo Sandbox is loading …</main>
<main id="fallback" role="alert" hidden>
<h1>Apollo Sandbox could not be loaded.</h1>
<p>Its script comes from Apollo’s servers, and they did not answer: this machine is offline, or a network in between
blocks them. The gateway itself is well, and a login works without Sandbox${elsewhere} in a terminal
(on Windows: Command Prompt).</p>
<p>1. A code, as wx.login would give it to the phone of the test user alice:</p>
<pre>npm run -s code -- alice</pre>
<p>2. Log in, with the code in place of CODE:</p>
${curl('-d', quoteJson(loginBody))}
<p>3. Be the viewer, with the token in place of TOKEN:</p>
${curl('-H', '"authorization: Bearer TOKEN"', '-d', quoteJson(viewerBody))}
</main>
<div id="sandbox" hidden></div>
<script nonce="${nonce}">${script}
</script>
</body>
</html>
`;
}

export interface ExplorerOptions {
  /** Where the explorer is that needs no internet; null when it is not there. */
  readonly offlineExplorerPath: string | null;
}

/** What a browser gets at GET /graphql outside production. An answer with a CSP header of its own would blank it. */
export function explorer({ offlineExplorerPath }: ExplorerOptions = { offlineExplorerPath: null }): ApolloServerPlugin {
  return {
    async serverWillStart() {
      return {
        async renderLandingPage() {
          return { html: async () => page(randomBytes(16).toString('base64url'), offlineExplorerPath) };
        },
      };
    },
  };
}
