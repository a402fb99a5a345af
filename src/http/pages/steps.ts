import { type Html, html, prose } from './html.js';
import type { Language } from './language.js';
import { stepTexts } from './texts/steps.js';

type Texts = (typeof stepTexts)[Language];
type Place = 'phone' | 'gateway' | 'database' | 'wechat';
type Item = Extract<keyof Texts, `item${string}`>;

interface Step {
  readonly id: 'wxLogin' | 'login' | 'exchange' | 'session' | 'token' | 'viewer';
  /** Where it happens, or from where to where it travels. */
  readonly route: readonly Place[];
  /** Who gets to see what; everybody else does not. */
  readonly seen: readonly (readonly [Item, readonly Watcher[]])[];
  /** What travels. Slots are filled by the script; until then they show what belongs there. */
  readonly wire: (t: Texts) => Html;
}

const watchers = ['phone', 'gateway', 'wechat'] as const;
type Watcher = (typeof watchers)[number];

/** The documents of the client, with more white space. The script fills in those that were sent. */
const LOGIN = `mutation LogIn($input: LoginInput!) {
  login(input: $input) { token }
}`;
const VIEWER = `query Viewer {
  viewer {
    openid unionid appid platform user { id }
    session { id expiresAt }
  }
}`;

const DOTS = '••••••••••••••••';

const steps: readonly Step[] = [
  {
    id: 'wxLogin',
    route: ['wechat', 'phone'],
    seen: [['itemCode', ['phone', 'wechat']]],
    wire: () => html`wx.login({ timeout: 10000, success, fail });
// success({ code: "${slot('code', '0…')}" })`,
  },
  {
    id: 'login',
    route: ['phone', 'gateway'],
    seen: [
      ['itemCode', ['phone', 'gateway', 'wechat']],
      ['itemRequestId', ['phone', 'gateway']],
    ],
    wire: () => html`<b>POST /graphql</b>
content-type: application/json

<span data-document="login">${LOGIN}</span>

${slot('variables', '{ "input": { "code": "0…", "requestId": "…" } }')}`,
  },
  {
    id: 'exchange',
    route: ['gateway', 'wechat', 'gateway'],
    seen: [
      ['itemSecret', ['gateway', 'wechat']],
      ['itemSessionKey', ['gateway', 'wechat']],
      ['itemOpenid', ['gateway', 'wechat']],
    ],
    wire: (t) => html`<b>GET ${slot('path', '/sns/jscode2session')}</b>
  ?appid=${slot('appid', 'wx…')}
  &amp;secret=${hidden(DOTS, t.neverLeaves)}
  &amp;js_code=${slot('code', '0…')}
  &amp;grant_type=authorization_code

<span data-part="exchange-answer">{
  "session_key": ${hidden(DOTS, t.staysHere)},
  "openid": "${slot('maskedOpenid', 'o…')}"<span data-part="unionid" hidden>,
  "unionid": "${slot('maskedUnionid', 'o…')}"</span>
}</span><span data-part="exchange-refusal" hidden>${slot('exchangeRefusal', '{ "errcode": … }')}</span>`,
  },
  {
    id: 'session',
    route: ['gateway', 'database'],
    seen: [
      ['itemHash', ['gateway']],
      ['itemSealed', ['gateway']],
    ],
    wire: (t) => html`<span data-part="stored"><b>sessions</b>
  sha256(token)  ${slot('tokenHash', '…')}
  session        ${slot('sessionId', '…')}
  user           ${slot('userId', '…')}
  until          ${slot('expiresAt', '…')}
<b>identities</b>
  openid         ${slot('maskedOpenid', 'o…')}
  session_key    ${hidden(DOTS, t.sealed)}</span><span data-part="not-stored" hidden>${slot('nothingStored', '')}</span>`,
  },
  {
    id: 'token',
    route: ['gateway', 'phone'],
    seen: [['itemToken', ['phone', 'gateway']]],
    wire: () => slot('loginAnswer', '{ "data": { "login": { "token": "mj_…" } } }'),
  },
  {
    id: 'viewer',
    route: ['phone', 'gateway', 'phone'],
    seen: [['itemOwnOpenid', ['phone', 'gateway', 'wechat']]],
    wire: () => html`<b>POST /graphql</b>
authorization: Bearer ${slot('shortToken', 'mj_…')}

<span data-document="viewer">${VIEWER}</span>

${slot('viewerAnswer', '{ "data": { "viewer": { "openid": "o…", … } } }')}`,
  },
];

export function renderSteps(language: Language): Html {
  const t = stepTexts[language];
  return html`<ol class="steps">${steps.map((step) => renderStep(step, t))}
</ol>`;
}

function renderStep({ id, route, seen, wire }: Step, t: Texts): Html {
  return html`
<li class="step" id="step-${id}" data-state="ahead">
<div class="step-head">
<h3>${t[`${id}Title`]}</h3>
<p class="route">${route.map((place) => html`<span class="place place-${place}">${t[place]}</span>`)}</p>
</div>
<p>${prose(t[`${id}Text`])}</p>
<div class="step-body">
<pre class="wire" translate="no"><code>${wire(t)}</code></pre>
<table class="seen">
<caption>${t.whoSees}</caption>
<thead><tr><td></td>${watchers.map((place) => html`<th scope="col">${t[place]}</th>`)}</tr></thead>
<tbody>${seen.map(
    ([item, by]) => html`
<tr><th scope="row">${t[item]}</th>${watchers.map((place) => mark(by.includes(place), t))}</tr>`,
  )}</tbody>
</table>
</div>
</li>`;
}

function mark(isSeen: boolean, t: Texts): Html {
  const [kind, said] = isSeen ? ['sees', t.sees] : ['sees-not', t.seesNot];
  return html`<td><span class="${kind}"><span class="visually-hidden">${said}</span></span></td>`;
}

function slot(name: string, form: string): Html {
  return html`<span class="slot" data-slot="${name}">${form}</span>`;
}

function hidden(dots: string, why: string): Html {
  return html`<span class="withheld">${dots} <em>${why}</em></span>`;
}
