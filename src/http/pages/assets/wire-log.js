// What went over the wire, line by line, while it goes.

import { waitsOf } from './journal.js';
import { byId, say } from './page.js';

const part = byId('outcome-wire-part');
const lines = byId('outcome-wire');

const toldOf = {
  login: ({ login }) => `token ${short(login.token)}`,
  viewer: ({ viewer }) => `openid ${short(viewer.openid)}`,
  logout: ({ logout }) => `ended: ${logout.ended}`,
};

export function showWire(entries) {
  const [first] = entries;
  const waits = waitsOf(entries);
  part.hidden = first === undefined;
  lines.replaceChildren(
    ...entries.flatMap((entry, index) => {
      const told = line(((entry.startedAt - first.startedAt) / 1000).toFixed(1), askedOf(entry), cameOf(entry));
      const wait = waits[index];
      return wait > 0 ? [waitLine(wait), told] : [told];
    }),
  );
}

function askedOf({ by, call, variables, token }) {
  const who = by ? `${say(by)}: ` : '';
  const { code, requestId } = variables?.input ?? {};
  if (code) return `${who}${call}, code ${short(code)}, requestId ${short(requestId, 16)}`;
  return `${who}${call}${token ? `, token ${short(token)}` : ''}`;
}

/** Of what kind it is, and its words. */
function cameOf({ call, code, answer, isLost, endedAt }) {
  if (!Number.isFinite(endedAt)) return ['ahead', '…'];
  if (isLost) return ['bad', say('wireLost')];
  if (code) return ['good', `code ${short(code)}`];
  if (!answer) return ['bad', say('wireNothing')];
  if (answer.code === null) return ['good', toldOf[call](answer.data)];
  const { retryAfterSeconds } = answer;
  return ['bad', retryAfterSeconds === null ? answer.code : `${answer.code}, retryAfterSeconds ${retryAfterSeconds}`];
}

function short(text, length = 9) {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function line(seconds, asked, [kind, came]) {
  const item = document.createElement('li');
  const result = cell('wire-came', came);
  result.dataset.kind = kind;
  item.append(cell('wire-time', `${seconds} s`), cell('wire-asked', asked), result);
  return item;
}

function waitLine(seconds) {
  const item = document.createElement('li');
  item.append(cell('wire-time', ''), cell('wire-wait', say('wireWaits', { seconds: seconds.toFixed(1) })));
  return item;
}

function cell(name, text) {
  const span = document.createElement('span');
  span.className = name;
  span.textContent = text;
  return span;
}
