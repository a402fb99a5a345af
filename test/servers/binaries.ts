import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import path from 'node:path';

export type ServiceName = 'redis' | 'postgres' | 'chromium';

interface Service {
  readonly title: string;
  /** All of them must be there. */
  readonly binaries: readonly string[];
  /** Where packages put them besides PATH: a folder, the versions in it, the rest. */
  readonly folders: readonly (readonly [parent: string, version: RegExp, rest: string])[];
  readonly install: string;
}

const services: Readonly<Record<ServiceName, Service>> = {
  redis: {
    title: 'Redis',
    binaries: ['redis-server'],
    folders: [],
    install: 'Debian: apt-get install -y redis-server; macOS: brew install redis',
  },
  postgres: {
    title: 'PostgreSQL',
    binaries: ['initdb', 'postgres'],
    folders: [
      ['/usr/lib/postgresql', /^\d+$/, 'bin'],
      ['/opt/homebrew/opt', /^postgresql@\d+$/, 'bin'],
      ['/usr/local/opt', /^postgresql@\d+$/, 'bin'],
    ],
    install: 'Debian: apt-get install -y postgresql; macOS: brew install postgresql',
  },
  chromium: {
    title: 'a browser',
    binaries: ['chromium'],
    folders: [],
    install: 'Debian: apt-get install -y chromium; macOS: brew install chromium',
  },
};

/** @returns why the service cannot run here and how to get it, or null when it can */
export function missingService(name: ServiceName): string | null {
  const { title, binaries, install } = services[name];
  if (process.platform === 'win32') return `tests with ${title}, which end it by signal. Run them in WSL.`;
  const missing = binaries.filter((binary) => findBinary(name, binary) === null);
  if (missing.length > 0) return `tests with ${title}: no ${missing.join(', no ')} here. ${install}`;
  if (name === 'postgres' && serverUser() === null)
    return `tests with ${title}: root needs a user postgres. ${install}`;
  return null;
}

/** The absolute path of a program of the service: the newest packaged version, else the first on PATH. */
export function findBinary(name: ServiceName, binary: string): string | null {
  const folders = [
    ...services[name].folders.flatMap(versionFolders),
    ...(process.env.PATH ?? '').split(path.delimiter),
  ];
  return folders.map((folder) => path.join(folder, binary)).find(isExecutable) ?? null;
}

/** Whom PostgreSQL runs as: it refuses root. `{}` is the present user, null is nobody. */
export function serverUser(): { uid?: number; gid?: number } | null {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  if (uid?.status !== 0 || gid?.status !== 0) return null;
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

function versionFolders([parent, version, rest]: Service['folders'][number]): string[] {
  const number = (name: string) => Number(name.replace(/\D/g, ''));
  const names = list(parent).filter((name) => version.test(name));
  return names.sort((a, b) => number(b) - number(a)).map((name) => path.join(parent, name, rest));
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return path.isAbsolute(file);
  } catch {
    return false;
  }
}
