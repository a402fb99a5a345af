import { type Experiment, renderExperiments } from './experiments.js';
import type { Facts, SimulatedPerson } from './facts.js';
import { type Html, html, jsonScript, prose } from './html.js';
import type { Language } from './language.js';
import { renderPage } from './layout.js';
import { renderSteps } from './steps.js';
import { clientActions } from './texts/client-actions.js';
import { experimentTexts } from './texts/experiments.js';
import { phoneTexts } from './texts/phone.js';

type Texts = (typeof phoneTexts)[Language];

/** All that the mini-program says. The script does the same. */
const CLIENT = `const client = createClient({ url, platform: fromWx(wx) });
const { openid } = await client.viewer();`;

export function renderPhone({ simulator }: Facts, language: Language): string {
  const t = phoneTexts[language];
  return renderPage({
    path: '/phone',
    language,
    title: t.title,
    styles: ['phone.css'],
    scripts: simulator === null ? [] : ['phone.js'],
    hasPhone: simulator !== null,
    main: html`<div class="hero hero-small">
<h1>${t.headline}</h1>
<p class="lead">${prose(simulator === null ? t.realApps : t.lead)}</p>
</div>
${simulator === null ? [] : bench(simulator.users, language)}`,
  });
}

function bench(everyone: readonly SimulatedPerson[], language: Language): Html {
  const t = phoneTexts[language];
  // DevTools has no person behind it.
  const people = everyone.filter(({ username }) => username !== 'devtools');
  const blocked = people.find(({ kind }) => kind === 'blocked')?.username ?? null;
  const texts = { ...t, ...experimentTexts[language] };
  return html`<noscript><p class="card">${t.noScript}</p></noscript>
<fieldset class="people">
<legend>${t.whose}</legend>
<div class="people-row">
${people.map((person, index) => choice(person, index === 0, t))}</div>
</fieldset>
<div class="bench">
<div class="side">
${handset(t)}
<p id="status" role="status" class="status">${t.ready}</p>
</div>
<div class="story">
<section aria-labelledby="steps-title">
<h2 id="steps-title">${t.steps}</h2>
<div class="client">
<p>${prose(t.client)}</p>
<pre class="wire" translate="no"><code>${CLIENT}</code></pre>
</div>
${renderSteps(language)}
</section>
${renderExperiments(language, blocked === null ? withoutBlocked : () => true)}
<section aria-labelledby="pitfalls-title" class="pitfalls">
<h2 id="pitfalls-title">${t.pitfalls}</h2>
<ul>${[t.pitfallOpenid, t.pitfallSessionKey, t.pitfallTwice, t.pitfallAgain].map((each) => html`<li>${prose(each)}</li>`)}</ul>
</section>
</div>
</div>
${jsonScript('page-data', { texts, clientActions: clientActions[language], blocked })}`;
}

const withoutBlocked = (experiment: Experiment) => experiment !== 'blocked';

function choice({ username, unionid, kind }: SimulatedPerson, isFirst: boolean, t: Texts): Html {
  const about = kind === 'ordinary' && unionid !== null ? t.withUnionid : t[kind];
  return html`<label class="person"><input type="radio" name="person" value="${username}"${
    isFirst ? html` checked` : []
  }><span><b translate="no">${username}</b> <small>${about}</small></span></label>\n`;
}

function handset(t: Texts): Html {
  return html`<section class="handset" aria-label="${t.thePhone}" data-mood="out" id="handset">
<div class="screen">
<p class="phone-bar"><span>${t.miniProgram}</span><span class="capsule" aria-hidden="true"></span></p>
<div class="screen-body">
<div class="avatar" id="avatar" aria-hidden="true">?</div>
<p class="screen-title" id="screen-title">${t.screenOut}</p>
<p class="screen-text" id="screen-text">${t.screenOutText}</p>
<p class="screen-openid" id="screen-openid" translate="no"></p>
</div>
<p class="toast" id="toast" hidden></p>
<button type="button" id="wx-login" class="wx-login" translate="no">wx.login</button>
</div>
</section>`;
}
