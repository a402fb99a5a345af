import { mergeByOperator, type NoMerge, type OperatorMerge, planOperatorMerge } from '../auth/merge-by-operator.js';
import { type Arguments, UsageError } from './arguments.js';
import { endingWith } from './ending-with.js';
import { CommandFailure, type StoreCommand, withStores } from './with-stores.js';

const REFUSALS: Readonly<Record<Exclude<NoMerge, 'merged before'>, string>> = {
  'no such user': 'There is no user of one of these ids.',
  'one user': 'Both ids are of the same user.',
  'other tenants': 'These users are of different tenants: they stay two.',
  'not active': 'One of them is banned, or has closed their account: they stay two.',
};

/** `menjin users merge`: what it would do, and with --yes does it. */
export function mergeUsers({ options, flags }: Arguments, command: StoreCommand): Promise<number> {
  const { into, user: other } = options;
  if (into === undefined || other === undefined) {
    throw new UsageError('Say which: --into <id of who stays> --user <id of who becomes the same>.');
  }
  if (flags.has('dry-run') && flags.has('yes')) throw new UsageError('Give --dry-run or --yes, not both.');
  const asked = { into, other };
  const { out, err } = command;
  const print = (lines: readonly string[]) => out.write(lines.map((line) => `${line}\n`).join(''));

  if (flags.has('yes')) {
    return withStores(command, ['DATABASE_URL', 'SESSION_STORE_URL'], async (stores) => {
      const outcome = await endingWith(stores, (parts) => mergeByOperator(parts, asked));
      print(linesOf(outcome, DONE));
      return 0;
    });
  }
  return withStores(command, ['DATABASE_URL'], async ({ database }) => {
    const outcome = await planOperatorMerge({ database }, asked);
    print(linesOf(outcome, PLANNED));
    if (flags.has('dry-run') || outcome === 'merged before') return 0;
    err.write('Nothing was done, and it cannot be undone: if it is meant, add --yes.\n');
    return 2;
  });
}

const PLANNED = { merge: 'would become the same as', comes: 'would come', end: 'would end' };
const DONE = { merge: 'is now the same as', comes: 'came', end: 'ended' };

/** @throws CommandFailure */
function linesOf(outcome: OperatorMerge | NoMerge, words: typeof DONE): string[] {
  if (outcome === 'merged before') return ['They are one user already.'];
  if (typeof outcome === 'string') throw new CommandFailure(REFUSALS[outcome]);
  const { into, other, takes, drops, identities, sessions } = outcome;
  return [
    `${other} ${words.merge} ${into}.`,
    `  identities that ${words.comes} to ${into}: ${identities}`,
    `  sessions of ${other} that ${words.end}: ${sessions}`,
    `  taken from ${other}: ${takes.join(', ') || 'nothing'}`,
    `  lost, because ${into} has their own: ${drops.join(', ') || 'nothing'}`,
  ];
}
