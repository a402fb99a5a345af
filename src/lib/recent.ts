/** What was put last, at most so much of it. */
export interface Recent<Value> {
  get(key: string): Value | undefined;
  /** Beyond the limit those go that were put longest ago, half of all at once. */
  put(key: string, value: Value): void;
  delete(key: string): void;
}

/** In two halves: to find the oldest key of a Map takes the longer the more were deleted before it. */
export function createRecent<Value>(limit: number): Recent<Value> {
  let [older, newer] = [new Map<string, Value>(), new Map<string, Value>()];
  return {
    get: (key) => newer.get(key) ?? older.get(key),
    put: (key, value) => {
      newer.set(key, value);
      if (newer.size >= limit / 2) [older, newer] = [newer, new Map()];
    },
    delete: (key) => {
      newer.delete(key);
      older.delete(key);
    },
  };
}
