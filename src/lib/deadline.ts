/** Thrown by `withDeadline`. Says only that nothing is known about the outcome. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** Waits for `work` at most `timeoutMs`. What comes later is dropped; its failure is not an unhandled one. */
export async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    const expire = () => reject(new DeadlineError(`no answer within ${timeoutMs} ms`));
    // After a stall of this process timers run before what has arrived is read: an answer among it came in time.
    timer = setTimeout(() => setImmediate(expire), timeoutMs);
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
