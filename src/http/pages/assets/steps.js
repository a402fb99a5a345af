// The six steps on the page: what has travelled is filled into their slots.

import { byId, pretty, prettyDocument, say } from './page.js';

const order = ['wxLogin', 'login', 'exchange', 'session', 'token', 'viewer'];
const list = document.querySelector('.steps');
const status = byId('status');

const first = new Map(Array.from(list.querySelectorAll('[data-slot]'), (slot) => [slot, slot.textContent]));

const isCalm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
const PACE_MS = 450;

/** Long enough to be seen as a step. */
export function pause() {
  return new Promise((resolve) => setTimeout(resolve, isCalm() ? 0 : PACE_MS));
}

/** The document that was sent to ask for this field. */
export function fillDocument(call, query) {
  list.querySelector(`[data-document="${call}"]`).textContent = prettyDocument(query);
}

export function fill(values) {
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined) continue;
    for (const slot of list.querySelectorAll(`[data-slot="${name}"]`)) {
      slot.textContent = value;
      slot.classList.add('filled');
    }
  }
}

/** JSON, with what matters in it marked. */
export function fillJson(name, value, important) {
  const json = pretty(value);
  const parts = json.split(important).flatMap((text, index) => {
    const mark = document.createElement('mark');
    mark.textContent = important;
    return index === 0 ? [text] : [mark, text];
  });
  const slot = list.querySelector(`[data-slot="${name}"]`);
  slot.replaceChildren(...parts);
  slot.classList.add('filled');
}

export function showPart(name, isShown) {
  list.querySelector(`[data-part="${name}"]`).hidden = !isShown;
}

/** `ahead`, `now`, `done`, `failed` or `skipped`. */
export function mark(id, state) {
  const step = byId(`step-${id}`);
  step.dataset.state = state;
  if (state === 'now' && !isCalm()) step.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  if (state !== 'done') return;
  const title = step.querySelector('h3').textContent;
  status.textContent = say('stepDone', { step: order.indexOf(id) + 1, title });
}

export function resetSteps() {
  for (const id of order) mark(id, 'ahead');
  for (const [slot, text] of first) {
    slot.textContent = text;
    slot.classList.remove('filled');
  }
  for (const [part, isShown] of [
    ['exchange-answer', true],
    ['exchange-refusal', false],
    ['unionid', false],
    ['stored', true],
    ['not-stored', false],
  ])
    showPart(part, isShown);
}
