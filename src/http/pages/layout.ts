import { type Html, html, nothing } from './html.js';
import { type Language, languageNames, languages } from './language.js';
import { siteTexts } from './texts/site.js';

/** Everything comes from here, nothing is inline, nothing can be framed into saying something else. */
const POLICY = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self'`,
  `img-src 'self'`,
  `connect-src 'self'`,
  `base-uri 'none'`,
  `form-action 'none'`,
].join('; ');

export interface Page {
  /** Without the language: `/phone`. */
  readonly path: string;
  readonly language: Language;
  readonly title: string;
  /** Names of assets. */
  readonly styles: readonly string[];
  readonly scripts: readonly string[];
  readonly hasPhone: boolean;
  readonly main: Html;
}

/** A link to a page of ours keeps the language. */
export function pageHref(path: string, language: Language): string {
  return `${path}?lang=${language}`;
}

export function renderPage({ path, language, title, styles, scripts, hasPhone, main }: Page): string {
  const t = siteTexts[language];
  const places = [
    { at: '/', name: t.home, isShown: true },
    { at: '/phone', name: t.phone, isShown: hasPhone },
  ].filter(({ isShown }) => isShown);

  return `<!DOCTYPE html>\n${
    html`<html lang="${languageNames[language].tag}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/assets/menjin.svg" type="image/svg+xml">
${['site.css', ...styles].map((name) => html`<link rel="stylesheet" href="/assets/${name}">\n`)}${scripts.map(
  (name) => html`<script type="module" src="/assets/${name}"></script>\n`,
)}</head>
<body>
<a class="skip" href="#main">${t.skip}</a>
<header class="site-header">
<a class="brand" href="${pageHref('/', language)}"><img src="/assets/menjin.svg" alt="" width="32" height="32">
<span>menjin</span> <span class="brand-zh" lang="zh-CN">门禁</span></a>
<nav aria-label="${t.pages}">${places.map(
      ({ at, name }) => html`<a href="${pageHref(at, language)}"${at === path ? current('page') : nothing}>${name}</a>`,
    )}</nav>
<nav class="languages" aria-label="${t.language}">${languages.map((each) => switchTo(each, path, language))}</nav>
</header>
<main id="main" tabindex="-1">
${main}
</main>
<footer class="site-footer"><p>${t.onlyHere}</p></footer>
</body>
</html>
`.text
  }`;
}

function switchTo(language: Language, path: string, present: Language): Html {
  const { tag, name } = languageNames[language];
  const href = pageHref(path, language);
  const mark = language === present ? current('true') : nothing;
  return html`<a href="${href}" lang="${tag}" hreflang="${tag}"${mark}>${name}</a>`;
}

function current(kind: 'page' | 'true'): Html {
  return html` aria-current="${kind}"`;
}
