import { setTimeout as wait } from 'node:timers/promises';
import { createKeyRing } from '../lib/key-ring.js';
import { serverKeysOf } from '../server-keys.js';
import { type ResealCount, reseal } from '../users/reseal.js';
import { countSealed, type SealedCount } from '../users/sealed-keys.js';
import { createProgress } from './progress.js';
import { type StoreCommand, withStores } from './with-stores.js';

/** Between two batches running gateways write their logins. */
const PAUSE_MS = 5;

/** `menjin keys status`: how many session_keys each server key has sealed, and which of them open. */
export function keysStatus(command: StoreCommand): Promise<number> {
  return withStores(command, ['DATABASE_URL'], async ({ database }, config) => {
    const secretKeys = serverKeysOf(config);
    const say = createProgress(command.err);
    const counts = await countSealed(database, createKeyRing(secretKeys), (identities) =>
      say(() => `${identities} identities counted ...`),
    );
    const kids = secretKeys.map((bytes) => createKeyRing([bytes]).first.kid);
    for (const line of [...statusTable(kids, counts), ...advice(kids, counts)]) command.out.write(`${line}\n`);
    return 0;
  });
}

/** `menjin keys reseal`: seals every session_key under the first server key. Running it again goes on where it stopped. */
export function resealKeys(command: StoreCommand): Promise<number> {
  return withStores(command, ['DATABASE_URL'], async ({ database }, config) => {
    const say = createProgress(command.err);
    const done = await reseal(database, createKeyRing(serverKeysOf(config)), async (soFar) => {
      say(() => `${describe(soFar)} ...`);
      await wait(PAUSE_MS);
    });
    command.out.write(`${describe(done)}.\n`);
    if (done.closed > 0) command.out.write(`${closedSentence(done.closed)}\n`);
    if (done.overtaken === 0) return 0;
    command.err.write(`${done.overtaken} identities changed again and again meanwhile: run it once more.\n`);
    return 1;
  });
}

function describe({ identities, resealed }: ResealCount): string {
  return `${identities} identities looked at, ${resealed} session_keys resealed`;
}

const HEADINGS = ['key', 'in SECRET_KEYS', 'session_keys', 'previous ones', 'that do not open'];

/** A row per key: those of SECRET_KEYS in their order, then those that only the database knows. */
function statusTable(kids: readonly string[], counts: readonly SealedCount[]): string[] {
  const known = kids.map(
    (kid) => counts.find((count) => count.kid === kid) ?? { kid, current: 0, previous: 0, closed: 0 },
  );
  const rows = [...known, ...counts.filter((count) => !isKnown(kids, count))].map((count, index) => [
    count.kid ?? 'of no form',
    index === 0 ? 'first' : index < kids.length ? 'yes' : 'no',
    ...[count.current, count.previous, count.closed].map(String),
  ]);
  return [HEADINGS, ...rows].map((cells) =>
    cells
      .map((cell) => cell.padEnd(16))
      .join(' ')
      .trimEnd(),
  );
}

function isKnown(kids: readonly string[], { kid }: SealedCount): boolean {
  return kid !== null && kids.includes(kid);
}

/** What is to be done about it, if anything. */
function advice(kids: readonly string[], counts: readonly SealedCount[]): string[] {
  const sum = (some: readonly SealedCount[], of: (count: SealedCount) => number) =>
    some.reduce((total, count) => total + of(count), 0);
  const closed = sum(counts, (count) => count.closed);
  const older = counts.filter((count) => isKnown(kids, count) && count.kid !== kids[0]);
  const movable = sum(older, ({ current, previous, closed: shut }) => current + previous - shut);
  return [
    ...(movable > 0 ? [`menjin keys reseal seals ${movable} of them under the first key.`] : []),
    ...(movable === 0 && kids.length > 1 ? ['The keys behind the first seal nothing that opens any more.'] : []),
    ...(closed > 0 ? [closedSentence(closed)] : []),
  ];
}

function closedSentence(count: number): string {
  return `${count} do not open: their key is not in SECRET_KEYS, or they were changed. They are left as they are; the sessions go on, and the next login brings a new session_key.`;
}
