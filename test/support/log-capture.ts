import { Writable } from 'node:stream';

/** A place for a log that keeps every line. */
export interface LogCapture {
  readonly destination: Writable;
  text(): string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read lines of every shape
  lines(): Record<string, any>[];
}

export function captureLog(): LogCapture {
  let text = '';
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      text += String(chunk);
      done();
    },
  });
  return {
    destination,
    text: () => text,
    lines: () =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  };
}
