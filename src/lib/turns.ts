/**
 * Lets so many begin in one turn of the event loop, and the others in those that follow, first come first served: work that
 * arrived together would else be done in one go, and what takes no time would wait for all of it.
 *
 * @returns null when the caller may begin at once.
 */
export function createTurns(perTurn: number): () => Promise<void> | null {
  const waiting: (() => void)[] = [];
  let begun = 0;

  function nextTurn(): void {
    const now = waiting.splice(0, perTurn);
    begun = now.length;
    if (begun > 0) setImmediate(nextTurn);
    for (const begin of now) begin();
  }

  return () => {
    if (begun === 0) setImmediate(nextTurn);
    if (begun < perTurn) {
      begun += 1;
      return null;
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
}
