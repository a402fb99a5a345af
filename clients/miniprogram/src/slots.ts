/** More than WeChat has at once, it refuses. */
const AT_ONCE = 10;

/** Who is urgent does not stand behind those that wait already. */
export function createSlots() {
  const waiting: (() => void)[] = [];
  let free = AT_ONCE;

  return async <Result>(work: () => Promise<Result>, isUrgent?: boolean): Promise<Result> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((start) => (isUrgent ? waiting.unshift(start) : waiting.push(start)));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
