import { randomUUID } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Sentence } from './run-command.mjs';

const heartbeatMs = 5_000;
const staleAfterMs = 60_000;
const waitMs = 15 * 60_000;

/**
 * Runs `work` while no other process runs its own under the same directory. The directory holds one note that names its
 * owner; it appears by rename with the note already inside, so a note is removed only by its owner, or once its owner is gone.
 *
 * @param {string} directory
 * @param {(lock: { share(pid: number): void }) => Promise<void>} work `share` names a child that counts as an owner too.
 */
export async function withDirectoryLock(directory, work) {
  const note = `${randomUUID()}.json`;
  await acquire(directory, note);
  const file = path.join(directory, note);
  const beat = setInterval(() => touch(file), heartbeatMs);
  try {
    await work({ share: (pid) => writeFileSync(file, noteText([process.pid, pid])) });
  } finally {
    clearInterval(beat);
    unlink(file);
    removeEmpty(directory);
  }
}

async function acquire(directory, note) {
  const prepared = prepareNote(directory, note);
  const giveUpAt = Date.now() + waitMs;
  let told = false;
  try {
    while (!tryRename(prepared, directory)) {
      if (Date.now() > giveUpAt)
        throw new Sentence(`${directory} has been held for too long. If nothing installs or builds here, remove it.`);
      const removed = removeIfStale(directory);
      if (!removed && !told) console.error('Waiting for another process that installs or builds here.');
      told ||= !removed;
      await sleep(50);
    }
  } finally {
    rmSync(prepared, { recursive: true, force: true });
  }
}

function prepareNote(directory, note) {
  try {
    mkdirSync(path.dirname(directory), { recursive: true });
    const prepared = mkdtempSync(`${directory}-`);
    writeFileSync(path.join(prepared, note), noteText([process.pid]));
    return prepared;
  } catch (error) {
    throw new Sentence(`Cannot write in ${path.dirname(directory)} (${error.code}).`);
  }
}

function tryRename(from, to) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES', 'EBUSY'].includes(error.code)) return false;
    throw error;
  }
}

function removeIfStale(directory) {
  const notes = listNotes(directory);
  if (!notes.every((note) => isStale(path.join(directory, note)))) return false;
  for (const note of notes) unlink(path.join(directory, note));
  // An empty directory is nobody's; Windows does not rename onto it.
  removeEmpty(directory);
  return true;
}

function isStale(file) {
  try {
    if (Date.now() - statSync(file).mtimeMs > staleAfterMs) return true;
    const { host, pids } = JSON.parse(readFileSync(file, 'utf8'));
    return host === hostname() && !pids.some(isAlive);
  } catch {
    // Half-written, or gone by now: the next look tells.
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function unlink(file) {
  try {
    unlinkSync(file);
  } catch {
    // Somebody else who waited was first.
  }
}

function removeEmpty(directory) {
  try {
    rmdirSync(directory);
  } catch {
    // Gone already, or another note is inside: then it is theirs.
  }
}

function listNotes(directory) {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function noteText(pids) {
  return JSON.stringify({ host: hostname(), pids });
}

function touch(file) {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // The checkout was removed under us: the work itself will say so.
  }
}
