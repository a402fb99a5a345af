import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What a bench has begun and must end, whatever happens: the last first. */
export interface Scene {
  readonly folder: string;
  /** Ends it when the scene ends. */
  keep<T>(begun: T, end: (begun: T) => unknown): T;
}

/** A folder for temporary files, and whatever `play` begins. */
export async function inScene<T>(play: (scene: Scene) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'menjin-bench-'));
  const ends: (() => unknown)[] = [];
  const scene: Scene = {
    folder,
    keep: (begun, end) => {
      ends.push(() => end(begun));
      return begun;
    },
  };
  try {
    return await play(scene);
  } finally {
    const failures: unknown[] = [];
    for (const end of ends.reverse()) {
      await Promise.resolve()
        .then(end)
        .catch((error: unknown) => failures.push(error));
    }
    rmSync(folder, { recursive: true, force: true });
    for (const failure of failures) console.error(failure);
  }
}
