import { readSlotOwners, type SlotOwners } from './redis-slots.js';

export interface SlotReader {
  /** Reads within a second, once for all that ask for it until then. */
  readSoon(): void;
  /** Ends what is under way; nothing is read or told after it. */
  close(): Promise<void>;
}

export interface SlotReaderParts {
  /** The nodes that may be asked. */
  readonly urls: () => readonly string[];
  readonly timeoutMs: number;
  readonly onRead: (owners: SlotOwners) => Promise<void>;
  readonly onFailed: (error: unknown) => void;
  /** true: it is read again. */
  readonly isUnwell: () => boolean;
}

/** So many nodes are asked at once, each time others; the first answer counts. */
const ASKED_NODES = 3;
const READ_AGAIN_MS = 1000;

/** Reads who holds which keys of a cluster: at once, whenever it is told to, and again and again while anything is wrong. */
export function createSlotReader({ urls, timeoutMs, onRead, onFailed, isUnwell }: SlotReaderParts): SlotReader {
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;
  let readings = 0;

  function nextUrls(): readonly string[] {
    const all = urls();
    const first = (readings * ASKED_NODES) % all.length;
    readings += 1;
    return [...all.slice(first), ...all.slice(0, first)].slice(0, ASKED_NODES);
  }

  async function read(): Promise<void> {
    const ended = new AbortController();
    stop = () => ended.abort();
    try {
      const owners = await Promise.any(nextUrls().map((url) => readSlotOwners(url, timeoutMs, ended.signal)));
      if (!isClosed) await onRead(owners);
    } catch (error) {
      if (!isClosed) onFailed((error as Partial<AggregateError>).errors?.[0] ?? error);
    } finally {
      ended.abort();
    }
    if (isUnwell()) readSoon();
  }

  let reading = read();

  function readSoon(): void {
    if (isClosed) return;
    timer ??= setTimeout(readAgain, READ_AGAIN_MS * (0.5 + Math.random() / 2)).unref();
  }
  async function readAgain(): Promise<void> {
    await reading;
    timer = undefined;
    if (!isClosed) reading = read();
  }

  return {
    readSoon,
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      stop();
      await reading;
    },
  };
}
