import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { failureCode } from '../lib/failure-code.js';
import { explorerOptions } from './offline-explorer-options.js';
import { scriptJson } from './pages/html.js';
import { GRAPHQL_PATH } from './routes/graphql.js';

export const OFFLINE_EXPLORER_PATH = '/explorer';

/** Altair GraphQL Client, from the files its package ships. */
export interface OfflineExplorer {
  readonly page: string;
  /** Names the version, so that what is below it never changes. */
  readonly assetsPath: string;
  /** By its name below `assetsPath`. What is not here is not served. */
  readonly assets: ReadonlyMap<string, Asset>;
}

export interface Asset {
  readonly contentType: string;
  readonly file: string;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};
/** A frame that would evaluate scripts around a request: the page's policy allows neither. */
const LEFT_OUT = 'iframe-sandbox/';

/** Its files lie beside its module, which is not loaded: that alone would take a tenth of the time to start. */
const findAltair = () => createRequire(import.meta.url).resolve('altair-static');

/**
 * Not for production. null when the package is not there: who prunes it does without, and nothing else fails.
 *
 * @param find gives the path of the package's module, or throws
 */
export async function loadOfflineExplorer(find: () => string = findAltair): Promise<OfflineExplorer | null> {
  try {
    const folder = path.join(path.dirname(find()), 'dist');
    const html = await readFile(path.join(folder, 'index.html'), 'utf8');
    const { version } = JSON.parse(await readFile(path.join(folder, '..', '..', 'package.json'), 'utf8'));
    const assetsPath = `${OFFLINE_EXPLORER_PATH}/${version}/`;
    return { page: pageFrom(html, assetsPath), assetsPath, assets: await listAssets(folder) };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return ['MODULE_NOT_FOUND', 'ENOENT'].includes(failureCode(error));
}

async function listAssets(folder: string): Promise<Map<string, Asset>> {
  const assets = new Map<string, Asset>();
  for (const entry of await readdir(folder, { recursive: true })) {
    const name = entry.split(path.sep).join('/');
    const contentType = CONTENT_TYPES[path.extname(name)];
    if (contentType === undefined || name.startsWith(LEFT_OUT)) continue;
    assets.set(name, { contentType, file: path.join(folder, entry) });
  }
  return assets;
}

// Altair's own renderAltair would need an absolute endpoint, and the server does not know by which name it is reached.
const script = `
  const endpointURL = new URL(${scriptJson(GRAPHQL_PATH)}, location.origin).href;
  const options = ${scriptJson(explorerOptions)}[navigator.language.startsWith('zh') ? 'zh-CN' : 'en-US'];
  const initialWindows = options.initialWindows.map((each) => ({ ...each, endpointURL }));
  // Altair would show the window it has opened last, and no variables.
  const isShown = (tab) => tab?.matches('.window-switcher__item--active');
  const showFirst = () => {
    const tabs = document.querySelectorAll('app-window-switcher-item .window-switcher__item');
    if (tabs.length < initialWindows.length) return false;
    if (!isShown(tabs[0])) {
      if (isShown(tabs[initialWindows.length - 1])) tabs[0].click();
      return false;
    }
    const variables = document.querySelector('.variables-editor--title');
    variables?.click();
    return variables !== null;
  };
  let triesLeft = 400;
  const showing = setInterval(() => {
    triesLeft -= 1;
    if (triesLeft === 0 || showFirst()) clearInterval(showing);
  }, 50);
  AltairGraphQL.init({ ...options, initialWindows });
`;

// Gone is what would puzzle a newcomer: an empty result's greeting, a request for donations, tabs of scripts that do not
// run here. Altair's own grey is too faint for comments and descriptions, which are to be read first.
const style = `
  .query-result__none-subtext, .query-result__none-art, nz-alert:has([track-id="donate"]),
  app-query-editor .ant-tabs-tab:is(:nth-child(2), :nth-child(3)) { display: none; }
  html:root[class] { --editor-comment-color: #4b5a6b; --theme-off-font-color: #55606e; }
  @media (prefers-color-scheme: dark) {
    html:root[class] { --editor-comment-color: #b8c4d0; --theme-off-font-color: #b8c4d0; }
  }
`;

function pageFrom(html: string, assetsPath: string): string {
  return html
    .replace('<head>', `<head>\n    <meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}" />`)
    .replace('<title>Altair</title>', '<title>menjin: GraphQL explorer</title>')
    .replace('<base href="/" />', `<base href="${assetsPath}" />`)
    .replace('</head>', () => `<style>${style}</style>\n  </head>`)
    .replace('</body>', () => `<script type="module">${script}</script>\n  </body>`);
}

/** Altair sets styles of its own at run time, some without the nonce it is given: they may. Nothing may leave the origin. */
const contentSecurityPolicy = [
  `default-src 'none'`,
  `script-src 'self' 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  `style-src 'self' 'unsafe-inline'`,
  `img-src 'self' data:`,
  `font-src 'self'`,
  `connect-src 'self'`,
  `worker-src 'self'`,
  `base-uri 'self'`,
  `form-action 'none'`,
].join('; ');
