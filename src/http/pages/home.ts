import type { Facts, SimulatedPerson } from './facts.js';
import { type Html, html, jsonScript, nothing, prose } from './html.js';
import type { Language } from './language.js';
import { pageHref, renderPage } from './layout.js';
import { homeTexts } from './texts/home.js';

type Texts = (typeof homeTexts)[Language];

export function renderHome(facts: Facts, language: Language): string {
  const t = homeTexts[language];
  const { simulator, hasExplorer } = facts;
  return renderPage({
    path: '/',
    language,
    title: t.title,
    styles: ['home.css'],
    scripts: simulator === null ? [] : ['home.js'],
    hasPhone: simulator !== null,
    main: html`<div class="hero">
<h1>${prose(t.headline)}</h1>
<p class="lead">${prose(t.lead)}</p>
</div>
${flow(t)}
<div class="columns">
<section aria-labelledby="try-it">
<h2 id="try-it">${t.tryIt}</h2>
<ul class="doors">
${simulator === null ? nothing : door('door-phone', pageHref('/phone', language), t.phoneTitle, t.phoneText, t.phoneOpen)}
${hasExplorer ? door('', '/explorer', t.explorerTitle, t.explorerText, t.explorerOpen) : nothing}
${door('', '/graphql', t.sandboxTitle, t.sandboxText, t.sandboxOpen)}
</ul>
</section>
<section aria-labelledby="code-title" class="card">
<h2 id="code-title">${t.codeTitle}</h2>
${simulator === null ? html`<p>${prose(t.realApps)}</p>` : codeButton(simulator.users, t)}
</section>
<section aria-labelledby="facts">
<h2 id="facts">${t.facts}</h2>
${runningHere(facts, t)}
</section>
<section aria-labelledby="commands">
<h2 id="commands">${t.commands}</h2>
<dl class="commands">
${simulator === null ? command('npm run schema', t.commandSchema) : command('npm run -s code -- alice', t.commandCode)}
${command('npm test', t.commandTest)}
${command('npm start -- --check-config', t.commandCheck)}
</dl>
</section>
</div>`,
  });
}

function flow(t: Texts): Html {
  const words = [
    { word: t.codeWord, snippet: 'const { code } = await wx.login()', means: t.codeMeans },
    { word: t.tokenWord, snippet: 'login(input: { code }) { token }', means: t.tokenMeans },
    { word: t.viewerWord, snippet: 'viewer { openid user { id } }', means: t.viewerMeans },
  ];
  return html`<section aria-labelledby="flow">
<h2 id="flow" class="visually-hidden">${t.flow}</h2>
<ol class="flow">${words.map(
    ({ word, snippet, means }) => html`
<li><h3>${word}</h3>
<code class="snippet" translate="no">${snippet}</code>
<p>${prose(means)}</p></li>`,
  )}
</ol>
</section>`;
}

function door(kind: string, href: string, title: string, text: string, open: string): Html {
  return html`<li class="door ${kind}">
<h3>${title}</h3>
<p>${prose(text)}</p>
<a class="button" href="${href}">${open}</a>
</li>`;
}

function codeButton(users: readonly SimulatedPerson[], t: Texts): Html {
  const script = { fresh: t.codeFresh, failed: t.codeFailed, copied: t.copied, copyFailed: t.copyFailed };
  return html`<p>${prose(t.codeText)}</p>
<form id="code-form" class="code-form">
<label for="person">${t.person}</label>
<select id="person">${users.map(({ username }) => html`<option>${username}</option>`)}</select>
<button type="submit" class="button primary">${t.newCode}</button>
</form>
<div class="code-result">
<output id="code" for="person" aria-label="${t.codeLabel}" data-empty="true" translate="no">${t.codeEmpty}</output>
<button type="button" id="copy" class="button" disabled>${t.copy}</button>
</div>
<p id="code-status" role="status" class="status"></p>
${jsonScript('texts', script)}`;
}

function runningHere({ version, apps, stores, simulator }: Facts, t: Texts): Html {
  const appids = apps.map(
    ({ platform, appid }) => html`<li><code translate="no">${appid}</code> <small>${platform}</small></li>`,
  );
  const rows: readonly (readonly [string, Html])[] = [
    [t.version, html`menjin ${version}`],
    ...(simulator === null ? [] : [[t.wechat, prose(t.simulated)] as const]),
    [t.apps, html`<ul>${appids}</ul>`],
    [t.users, prose(t[stores.users])],
    [t.sessions, prose(t[stores.sessions])],
    [t.docs, prose(t.docsText)],
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => html`\n<div><dt>${name}</dt><dd>${value}</dd></div>`)}
</dl>`;
}

function command(line: string, does: string): Html {
  return html`<div><dt><code translate="no">${line}</code></dt><dd>${prose(does)}</dd></div>\n`;
}
