/** One thing that must do no harm, and the test that proves that it does none. */
export interface Fault {
  /** Of a fault; or `P3.2` of a step of the session protocol. */
  readonly number: number | `P${number}`;
  /** What happens, in a short sentence. */
  readonly fault: string;
  /** The name of what keeps it from doing harm. */
  readonly guard: string;
  /** The file of the test: `test/fetch-json.test.ts`. */
  readonly test: string;
  /** The title as it stands in that file, placeholders of a `test.each` included. */
  readonly title: string;
  /** For a `test.each`: what only the title of the wanted row contains. Without it any row that fails will do. */
  readonly row?: string;
}

/** How to turn a guard off: texts of `src/` that one test run sees replaced. Nothing of this exists outside tests. */
export interface Guard {
  /** What it keeps, in one sentence. */
  readonly keeps: string;
  readonly off: readonly Edit[];
}

export interface Edit {
  /** `src/fetch-json.ts` */
  readonly file: string;
  /** Stands there exactly once. */
  readonly from: string;
  readonly to: string;
}

export interface FaultGroup {
  readonly faults: readonly Fault[];
  readonly guards: Readonly<Record<string, Guard>>;
}
