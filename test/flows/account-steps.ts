import fc from 'fast-check';
import type { Phone } from './account-model.js';

/** One thing one person asks of one process. Numbers choose among what there is; of sessions, counted from the newest. */
export type Step = { readonly process: number } & (
  | { readonly do: 'login'; readonly phone: Phone; readonly tells: boolean }
  | {
      readonly do: 'loginWithPassword';
      readonly phone: Phone;
      readonly tells: boolean;
      readonly name: number;
      readonly password: number;
      readonly link: boolean;
    }
  | { readonly do: 'register'; readonly session: number; readonly name: number; readonly password: number }
  | { readonly do: 'changePassword'; readonly session: number; readonly from: number; readonly to: number }
  | {
      readonly do: 'linkIdentity';
      readonly session: number;
      readonly phone: Phone;
      readonly tells: boolean;
      readonly merge: boolean;
    }
  | { readonly do: 'unlinkIdentity'; readonly session: number; readonly phone: Phone }
  | { readonly do: 'closeAccount'; readonly session: number }
  | { readonly do: 'ban'; readonly session: number }
  | { readonly do: 'unban'; readonly session: number }
  | { readonly do: 'merge'; readonly session: number; readonly other: number }
);

/** Some come often, that they meet. */
function often<Value>(value: Value, ...others: Value[]): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 2, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

const process = fc.nat(1);
/** Whether the platform says the unionid this time. */
const tells = often(true, false);
const name = often(0, 1);
const password = often(0, 1);

function steps<Name extends Step['do'], Rest extends object>(
  weight: number,
  name: Name,
  rest: { [Key in keyof Rest]: fc.Arbitrary<Rest[Key]> },
) {
  return { weight, arbitrary: fc.record({ do: fc.constant(name), process, ...rest }) };
}

/** What these people do, with their newest sessions. */
function stepOf(persons: readonly number[], apps: readonly number[], sessions: number): fc.Arbitrary<Step> {
  const phone = fc.record({ person: fc.constantFrom(...persons), app: fc.constantFrom(...apps) });
  const session = fc.nat(sessions - 1);
  return fc.oneof(
    steps(8, 'login', { phone, tells }),
    steps(6, 'loginWithPassword', { phone, tells, name, password, link: fc.boolean() }),
    steps(3, 'register', { session, name, password }),
    steps(2, 'changePassword', { session, from: password, to: password }),
    steps(8, 'linkIdentity', { session, phone, tells, merge: often(true, false) }),
    steps(3, 'unlinkIdentity', { session, phone }),
    steps(1, 'closeAccount', { session }),
    steps(2, 'ban', { session }),
    steps(2, 'unban', { session }),
    steps(2, 'merge', { session, other: session }),
  ) as fc.Arbitrary<Step>;
}

export const step = stepOf([0, 0, 1, 3, 3, 2, 4], [0, 0, 1, 2], 6);

/** The same with so few of them that they get into each other's way. */
export const crowdedStep = fc.oneof(
  { weight: 3, arbitrary: stepOf([0, 3], [0, 1], 3) },
  { weight: 1, arbitrary: step },
);
