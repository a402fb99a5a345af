/** The newest of something. */
export interface Recent<Item> {
  add(item: Item): void;
  /** Oldest first. */
  all(): readonly Item[];
}

export function createRecent<Item>(limit: number): Recent<Item> {
  const items: Item[] = [];
  return {
    add(item) {
      if (items.length >= limit) items.shift();
      items.push(item);
    },
    all: () => [...items],
  };
}
