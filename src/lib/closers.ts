/** What was opened, to be closed in the opposite order. */
export interface Closers {
  add(close: () => Promise<unknown>): void;
  /**
   * Closes everything, also what comes after one that fails. Calling it again waits for the same end.
   * @throws the first failure, when all are closed.
   */
  close(): Promise<void>;
}

export function createClosers(): Closers {
  const stack: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | null = null;

  async function closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of stack.reverse()) await close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  return {
    add: (close) => {
      stack.push(close);
    },
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };
}
