// What went over the wire of a phone, in order.

/** Its `onChange` may be set to whoever shows it. */
export function createJournal() {
  const journal = {
    entries: [],
    onChange() {},
    /** Adds an entry, which gets its end when the work is over. */
    async keep(entry, work) {
      journal.entries.push(Object.assign(entry, { startedAt: performance.now(), endedAt: Number.POSITIVE_INFINITY }));
      journal.onChange();
      try {
        return await work();
      } finally {
        entry.endedAt = performance.now();
        journal.onChange();
      }
    },
  };
  return journal;
}

const SHORTEST_WAIT_MS = 950;

/** For each entry, how many seconds nothing was under way before it: the client waited. */
export function waitsOf(entries) {
  let endedAt = Number.POSITIVE_INFINITY;
  return entries.map((entry) => {
    const ms = entry.startedAt - endedAt;
    endedAt = Math.max(Number.isFinite(endedAt) ? endedAt : 0, entry.endedAt);
    return ms < SHORTEST_WAIT_MS ? 0 : ms / 1000;
  });
}

/** Whether the client has reason to wait now, before it tries again. */
export function isWaiting(entries) {
  const last = entries.at(-1);
  const isOver = entries.every(({ endedAt }) => Number.isFinite(endedAt));
  return isOver && Boolean(last?.isLost || last?.answer?.retryAfterSeconds);
}
