// What came of an experiment: what WeChat was asked, what the gateway said, and what the client made of it.

import { isWaiting } from './journal.js';
import { byId, capital, pretty, say } from './page.js';
import { whatClientDid } from './what-client-did.js';
import { showWire } from './wire-log.js';

const panel = byId('outcome');
const status = byId('outcome-status');

const toldOf = {
  session: ({ openid }) => say('toldSession', { openid }),
  errcode: ({ errcode, errmsg }) => say('toldErrcode', { errcode, errmsg }),
  fault: ({ fault }) => say(`told${capital(fault)}`),
};

/** Shows what goes over the wire meanwhile, and counts the seconds. Gives what the work does, and the entries of it. */
export async function whileWaiting(title, { journal, signal }, work) {
  const startedAt = performance.now();
  const before = journal.entries.length;
  const soFar = () => ({
    entries: journal.entries.slice(before),
    seconds: (performance.now() - startedAt) / 1000,
  });
  const tell = () => {
    if (signal.aborted) return;
    const { entries, seconds } = soFar();
    showStatus(say(isWaiting(entries) ? 'patient' : 'waiting', { seconds: Math.round(seconds) }));
    showWire(entries);
  };
  byId('outcome-name').textContent = title;
  hideFacts();
  panel.dataset.state = 'waiting';
  tell();
  panel.scrollIntoView({ block: 'nearest' });
  journal.onChange = tell;
  const clock = setInterval(tell, 1000);
  try {
    const result = await work();
    return { ...result, ...soFar() };
  } finally {
    clearInterval(clock);
    journal.onChange = () => {};
  }
}

/** @param name that of the experiment */
export function showOutcome(name, title, outcome) {
  const { entries, exchanges, failure, refusal, seconds } = outcome;
  const answers = entries.map(({ answer }) => answer).filter(Boolean);
  const end = failure ?? refusal;
  // A client that was refused a moment ago does not ask.
  const shown = answers.find((answer) => answer.code !== null) ?? answers.at(-1) ?? end;
  const { code, status: httpStatus, retryAfterSeconds } = shown;
  const ended = say(end ? 'endedRefused' : 'endedWell', { code: end?.code, seconds: seconds.toFixed(1) });

  panel.dataset.state = end ? 'refused' : 'good';
  showStatus(say('done', { title, ended }));
  status.classList.add('visually-hidden');
  const asked = exchanges.map(({ path, outcome: told }) => `GET ${path}: ${toldOf[told.kind](told)}`);
  byId('outcome-asked').replaceChildren(
    ...(asked.length > 0 ? asked : [say('notAsked')]).map((text) => {
      const item = document.createElement('li');
      item.textContent = text;
      return item;
    }),
  );
  byId('outcome-code').textContent = code ?? say('noError');
  byId('outcome-code').dataset.refused = String(code !== null);
  byId('outcome-http').textContent = httpStatus === undefined ? '' : `HTTP ${httpStatus}`;
  byId('outcome-retry').hidden = retryAfterSeconds === null;
  byId('outcome-seconds').textContent = retryAfterSeconds ?? '';
  byId('outcome-client').textContent = whatClientDid(name, outcome);
  byId('outcome-end').textContent = ended;
  byId('outcome-answer').textContent = answers.map(({ body }) => pretty(body)).join('\n\n');
  byId('outcome-facts').hidden = false;
  byId('outcome-raw').hidden = answers.length === 0;
  panel.scrollIntoView({ block: 'nearest' });
}

export function clearOutcome() {
  delete panel.dataset.state;
  byId('outcome-name').textContent = '';
  hideFacts();
  showWire([]);
  showStatus(say('outcomeEmpty'));
}

export function showUnreachable() {
  panel.dataset.state = 'unreachable';
  showStatus(say('notReached'));
}

function hideFacts() {
  byId('outcome-facts').hidden = true;
  byId('outcome-raw').hidden = true;
}

function showStatus(sentence) {
  status.classList.remove('visually-hidden');
  if (status.textContent !== sentence) status.textContent = sentence;
}
