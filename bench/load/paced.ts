import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const TIMERS_ARE_LATE_MS = 2;
/** What hangs for so long is counted as a broken connection. */
const ANSWER_TIMEOUT_MS = 60_000;

/** What to ask, how often and for how long; over how many connections. */
export interface Pace {
  readonly host: string;
  readonly port: number;
  readonly before: string;
  readonly after: string;
  readonly values: readonly string[];
  /** What an answer to each of the values must contain to be right. */
  readonly expected: readonly string[];
  /** Infinity: all at once, as connections allow. */
  readonly perSecond: number;
  readonly total: number;
  readonly connections: number;
}

/** When it was due and how long from then until its answer, in ms; and what was answered: `right`, `wrong`, or a code. */
export interface Answered {
  readonly dueMs: number;
  readonly ms: number;
  readonly what: string;
}

export interface PacedLoad {
  /** Since 1970, in ms: when the first one was due. */
  readonly startedAt: number;
  readonly answers: readonly Answered[];
}

/**
 * Asks at a fixed rate, whatever the server does: a request that must wait for a connection waits at the server's cost. Shortly
 * before one is due it looks at the clock without a pause, so it wants a core of its own.
 *
 * @param isOver asks no more from then on
 */
export async function askAtPace(pace: Pace, isOver: () => boolean = () => false): Promise<PacedLoad> {
  const { perSecond, total, values, expected, before, after } = pace;
  const free = await Promise.all(Array.from({ length: pace.connections }, () => connect(pace)));
  const all = [...free];
  const answers: Answered[] = [];
  const startedAt = performance.now();
  let sent = 0;
  const dueMs = (n: number) => (perSecond === Number.POSITIVE_INFINITY ? 0 : (n * 1000) / perSecond);

  let onAnswer: () => void = () => undefined;
  const ask = (n: number, connection: Connection) =>
    connection.ask(`${before}${values[n % values.length]}${after}`, (text) => {
      const ms = performance.now() - startedAt - dueMs(n);
      answers.push({ dueMs: dueMs(n), ms, what: whatOf(text, expected[n % expected.length] ?? '') });
      free.push(connection);
      onAnswer();
    });

  while (answers.length < (isOver() ? sent : total)) {
    const untilDueMs = dueMs(sent) - (performance.now() - startedAt);
    const connection = sent < total && !isOver() && untilDueMs <= 0 ? free.pop() : undefined;
    if (connection !== undefined) {
      ask(sent, connection);
      sent += 1;
      continue;
    }
    const isOnlyForAnswers = sent === total || isOver() || untilDueMs <= 0;
    if (isOnlyForAnswers) await new Promise<void>((resolve) => (onAnswer = resolve));
    else if (untilDueMs > TIMERS_ARE_LATE_MS) await wait(untilDueMs - TIMERS_ARE_LATE_MS);
    else await new Promise(setImmediate);
  }
  for (const { close } of all) close();
  return { startedAt: performance.timeOrigin + startedAt, answers };
}

/** null: the connection broke. */
type OnAnswer = (text: string | null) => void;

interface Connection {
  ask(text: string, onAnswer: OnAnswer): void;
  close(): void;
}

async function connect({ host, port }: Pace): Promise<Connection> {
  let isClosed = false;
  let waiting: OnAnswer | null = null;
  let received = '';

  const settle = (text: string | null) => {
    const onAnswer = waiting;
    waiting = null;
    received = '';
    onAnswer?.(text);
  };
  const open = () => {
    const opened = net.connect({ host, port, noDelay: true });
    opened.setEncoding('latin1');
    opened.on('error', () => undefined);
    opened.setTimeout(ANSWER_TIMEOUT_MS, () => opened.destroy());
    opened.on('data', (chunk: string) => {
      received += chunk;
      const answer = wholeAnswer(received);
      if (answer !== null) settle(answer);
    });
    // As a proxy does: the next request finds a new one.
    opened.on('close', () => {
      if (!isClosed) socket = open();
      settle(null);
    });
    return opened;
  };
  let socket = open();
  await once(socket, 'connect');
  return {
    ask: (text, onAnswer) => {
      waiting = onAnswer;
      socket.write(text, 'latin1');
    },
    close: () => {
      isClosed = true;
      socket.destroy();
    },
  };
}

/** null: not all of it has arrived. Of chunked answers, which none of those asked here gives, nothing is known. */
function wholeAnswer(received: string): string | null {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(received)?.[1];
  if (length === undefined) throw new Error('an answer has no content-length');
  return received.length < headEnd + 4 + Number(length) ? null : received;
}

function whatOf(answer: string | null, expected: string): string {
  if (answer === null) return 'connection broke';
  if (answer.includes(expected)) return 'right';
  return /"code":"([A-Z_]+)"/.exec(answer)?.[1] ?? 'wrong';
}
