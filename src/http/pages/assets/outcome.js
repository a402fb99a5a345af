// What came of an experiment: what WeChat was asked, and what the client sees.

import { byId, clientActions, pretty, say } from './page.js';

const panel = byId('outcome');
const status = byId('outcome-status');

const toldOf = {
  session: ({ openid }) => say('toldSession', { openid }),
  errcode: ({ errcode, errmsg }) => say('toldErrcode', { errcode, errmsg }),
  fault: ({ fault }) => say(`told${fault.charAt(0).toUpperCase()}${fault.slice(1)}`),
};

/** Counts the seconds until the work is over. */
export async function whileWaiting(title, work) {
  const startedAt = performance.now();
  const tell = () => {
    status.textContent = say('waiting', { seconds: Math.round((performance.now() - startedAt) / 1000) });
  };
  byId('outcome-name').textContent = title;
  byId('outcome-facts').hidden = true;
  byId('outcome-raw').hidden = true;
  panel.dataset.state = 'waiting';
  status.classList.remove('visually-hidden');
  tell();
  panel.scrollIntoView({ block: 'nearest' });
  const clock = setInterval(tell, 1000);
  try {
    return await work();
  } finally {
    clearInterval(clock);
  }
}

export function showOutcome(title, { answer, exchanges, action, raw }) {
  const { code, status: httpStatus, retryAfterSeconds, seconds } = answer;
  panel.dataset.state = code === null ? 'good' : 'refused';
  status.textContent = say('done', { title, code: code ?? say('noError') });
  status.classList.add('visually-hidden');

  const asked = exchanges.map(({ path, outcome }) => `GET ${path}: ${toldOf[outcome.kind](outcome)}`);
  byId('outcome-asked').replaceChildren(
    ...(asked.length > 0 ? asked : [say('notAsked')]).map((text) => {
      const item = document.createElement('li');
      item.textContent = text;
      return item;
    }),
  );
  byId('outcome-code').textContent = code ?? say('noError');
  byId('outcome-http').textContent = `HTTP ${httpStatus}`;
  byId('outcome-after').textContent = seconds < 0.95 ? '' : say('after', { seconds: seconds.toFixed(1) });
  byId('outcome-retry').hidden = retryAfterSeconds === null;
  byId('outcome-seconds').textContent = retryAfterSeconds ?? '';
  byId('outcome-client').textContent = (action ?? clientActions[code]).replaceAll('`', '');
  byId('outcome-answer').textContent = (raw ?? [answer.body]).map(pretty).join('\n\n');
  byId('outcome-facts').hidden = false;
  byId('outcome-raw').hidden = false;
  panel.scrollIntoView({ block: 'nearest' });
}

export function clearOutcome() {
  delete panel.dataset.state;
  byId('outcome-name').textContent = '';
  byId('outcome-facts').hidden = true;
  byId('outcome-raw').hidden = true;
  status.classList.remove('visually-hidden');
  status.textContent = say('outcomeEmpty');
}

export function showUnreachable() {
  panel.dataset.state = 'unreachable';
  status.textContent = say('notReached');
}
