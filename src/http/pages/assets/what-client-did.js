// One sentence about what the client made of it, from what went over the wire.

import { waitsOf } from './journal.js';
import { capital, clientActions, has, say } from './page.js';

/** @param name of the experiment, by which it is told when nothing was refused */
export function whatClientDid(name, { entries, exchanges, failure }) {
  const own = entries.filter(({ by }) => !by);
  const heard = own.filter(({ isLost }) => !isLost);
  const refusals = heard.map(({ answer }) => answer?.code).filter(Boolean);
  const tokens = own.map(({ answer }) => answer?.data?.login?.token).filter(Boolean);
  const logins = own.filter(({ call }) => call === 'wx.login').length;

  const key = keyOf(name, logins, refusals, failure);
  const rule = clientActions[refusals[0]] ?? say('doViewer');
  if (!has(key)) return rule.replaceAll('`', '');
  return say(key, {
    tries: refusals.length,
    exchanges: exchanges.length,
    sessions: new Set(tokens).size,
    waited: sum(waitsOf(entries)).toFixed(1),
    retryAfterSeconds: failure?.retryAfterSeconds,
  });
}

function keyOf(name, logins, refusals, failure) {
  const [first] = refusals;
  if (first === undefined && failure) return 'heldBack';
  if (first === undefined) return name === 'viewer' && logins > 0 ? 'doViewerLoggedIn' : `do${capital(name)}`;
  if (failure?.code !== first) return `went${first}`;
  return refusals.length === 1 ? `gaveUp${first}` : 'gaveUpAfterTries';
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
