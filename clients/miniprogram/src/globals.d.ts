// All that a mini-program has beside the language. Whoever uses more finds out here, and not on a phone.
declare function setTimeout(work: () => void, ms: number): unknown;
declare function clearTimeout(timer: unknown): void;
