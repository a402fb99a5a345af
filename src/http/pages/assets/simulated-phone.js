// A phone with a mini-program on it, whose client is the one that ships.

import { createJournal } from './journal.js';
import { createClient, fromWx } from './miniprogram.js';
import { createWx } from './wx.js';

/**
 * Just unpacked: nothing in its storage, so nobody is logged in.
 *
 * @param signal aborted when somebody else picks it up: from then on all its calls fail
 * @param how `fault`: what the exchange of its first code meets; `loses`: of which call the first answer is not heard;
 *   `hear`: functions that are told what travels, and may take their time
 */
export function unpackPhone(user, signal, how = {}) {
  const phone = { user, signal, journal: createJournal(), hear: {}, ...how };
  phone.client = createClient({ url: `${location.origin}/graphql`, platform: fromWx(createWx(phone)) });
  return phone;
}

/** The request of the login its session comes from. */
export function loginOf({ journal }) {
  return journal.entries.findLast(({ call, by, answer }) => call === 'login' && by === null && answer?.code === null);
}
