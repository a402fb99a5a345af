import { type Html, html, nothing } from './html.js';
import type { Language } from './language.js';
import { experimentTexts } from './texts/experiments.js';

type Texts = (typeof experimentTexts)[Language];

const ofSession = ['viewer', 'doubleTap', 'lostAnswer', 'sessionEnded', 'stolenCode', 'logOut'] as const;
const ofFaults = ['busy', 'slow', 'hang', 'cut', 'html', 'quota', 'blocked'] as const;
export type Experiment = (typeof ofSession)[number] | (typeof ofFaults)[number];

/** They use the session of the login above. */
const needLogin: readonly Experiment[] = ['sessionEnded', 'stolenCode', 'logOut'];

export function renderExperiments(language: Language, isOffered: (experiment: Experiment) => boolean): Html {
  const t = experimentTexts[language];
  return html`<section aria-labelledby="experiments-title">
<h2 id="experiments-title">${t.title}</h2>
<h3 id="session-title">${t.session}</h3>
<p class="hint" id="needs-login">${t.needsLogin}</p>
${group('session-title', ofSession.filter(isOffered), t)}
<h3 id="faults-title">${t.faults}</h3>
<p class="hint">${t.faultsText}</p>
${group('faults-title', ofFaults.filter(isOffered), t)}
${outcome(t)}
</section>`;
}

function group(titleId: string, experiments: readonly Experiment[], t: Texts): Html {
  return html`<div class="experiments" role="group" aria-labelledby="${titleId}">${experiments.map(
    (id) => html`
<button type="button" class="experiment" data-experiment="${id}"${
      needLogin.includes(id) ? html` data-needs-login disabled` : nothing
    }><b>${t[id]}</b> <span>${t[`${id}Text`]}</span></button>`,
  )}
</div>`;
}

function outcome(t: Texts): Html {
  return html`<section class="outcome" aria-labelledby="outcome-title" id="outcome" tabindex="-1">
<h3 id="outcome-title"><span>${t.outcome}</span><span id="outcome-name"></span></h3>
<p id="outcome-status" role="status">${t.outcomeEmpty}</p>
<figure id="outcome-wire-part" class="wire-log" hidden>
<figcaption>${t.wire}</figcaption>
<ol id="outcome-wire"></ol>
</figure>
<dl id="outcome-facts" hidden>
<div><dt>${t.asked}</dt><dd><ol id="outcome-asked"></ol></dd></div>
<div><dt>${t.answered}</dt><dd><p class="verdict"><strong id="outcome-code"></strong> <span id="outcome-http"></span></p></dd></div>
<div id="outcome-retry"><dt translate="no">${t.retryAfter}</dt><dd id="outcome-seconds"></dd></div>
<div><dt>${t.client}</dt><dd id="outcome-client"></dd></div>
<div><dt>${t.ended}</dt><dd id="outcome-end"></dd></div>
</dl>
<details id="outcome-raw" hidden><summary>${t.raw}</summary><pre class="wire" translate="no"><code id="outcome-answer"></code></pre></details>
</section>`;
}
