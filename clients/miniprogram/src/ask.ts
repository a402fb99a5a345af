import type { Answer } from './answer.js';
import type { Clock } from './clock.js';
import { INTERRUPTED, OUTAGES, RATE_LIMITED, SERVICE_UNAVAILABLE, UNAUTHENTICATED } from './codes.js';
import { MenjinError } from './menjin-error.js';
import { createPatience } from './patience.js';
import type { Send } from './send.js';
import type { Session } from './session.js';

/** Those in flight, and 200 that wait. */
const MAX_OPEN = 210;

/** A token that has changed meanwhile is tried; a login is made once. */
const SWITCH = 1;
const LOGIN = 2;
const ENOUGH = 3;

/** Sends a request as whoever is logged in, and again where that does no harm. What was answered last is given. */
export type Ask = (body: string, isMutation: boolean, headers?: object) => Promise<Answer>;

/** @throws MenjinError when nobody could be logged in, or the person has logged out meanwhile */
export function createAsk(send: Send, clock: Clock, session: Session): Ask {
  let open = 0;

  const ask: Ask = async (body, isMutation, headers) => {
    const check = session.checkpoint();
    const isPatient = createPatience(clock);
    let mayBeInterrupted = true;
    let spent = 0;

    for (;;) {
      const token = await session.getToken();
      check();
      const answer = await send(body, token, headers);
      check();
      const { failure } = answer;
      if (!failure || (isMutation && mayHaveRun(failure))) return answer;

      const { code } = failure;
      if (code === UNAUTHENTICATED) {
        spent += session.forget(token) ? SWITCH : LOGIN;
        if (spent > ENOUGH) return answer;
      } else {
        const mayWait = code === INTERRUPTED ? mayBeInterrupted : OUTAGES.includes(code);
        if (!mayWait || !(await isPatient(failure))) return answer;
        if (code === INTERRUPTED) mayBeInterrupted = false;
        check();
      }
    }
  };

  return async (...request) => {
    if (open === MAX_OPEN) throw new MenjinError('QUEUE_FULL', 'Too many requests');
    open += 1;
    try {
      return await ask(...request);
    } finally {
      open -= 1;
    }
  };
}

/** Whether the same again might do something twice. What a platform was asked may have used up a code of the variables. */
function mayHaveRun({ code, data, errors }: MenjinError): boolean {
  const isSafe = code === UNAUTHENTICATED || code === RATE_LIMITED || (code === SERVICE_UNAVAILABLE && errors.length);
  return !isSafe || data !== null;
}
