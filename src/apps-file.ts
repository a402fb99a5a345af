import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { readJsonFile } from './lib/json-file.js';
import { type ConfigFault, readSecretFile } from './lib/option-table.js';
import type { App, PlatformName } from './platforms/platform.js';

const platformNames = ['WECHAT'] as const satisfies readonly PlatformName[];

/** An appid or an app secret: opaque, as the platform gave it. */
export const credential = z.string().regex(/^[\x21-\x7e]{1,128}$/);
export const CREDENTIAL = '1 to 128 printable ASCII characters without spaces';

const path = z.string().regex(/^[^\0]+$/);
/** One, or two while the secret is being rotated. */
const oneOrTwo = (item: z.ZodString) => z.union([item.transform((one) => [one]), z.array(item).min(1).max(2)]);

const entrySchema = z.strictObject({
  platform: z
    .string()
    .transform((name) => name.toUpperCase())
    .pipe(z.enum(platformNames)),
  appid: credential,
  secret: oneOrTwo(credential).optional(),
  secretFile: oneOrTwo(path).optional(),
  tenant: z
    .string()
    .regex(/^[\w.-]{1,64}$/)
    .default('default'),
});

type Entry = z.output<typeof entrySchema>;

// zod's own messages could quote a value: only the path of an issue is used.
const must: Readonly<Record<keyof Entry, string>> = {
  platform: `must be ${platformNames.join(' or ')}`,
  appid: `must be ${CREDENTIAL}`,
  secret: `must be ${CREDENTIAL}, or a list of one or two such`,
  secretFile: "must be a file's path, or a list of one or two such",
  tenant: 'must be 1 to 64 of A-Z a-z 0-9 _ - .',
};

export const APPS_FILE_EXAMPLE =
  '[{ "platform": "WECHAT", "appid": "wx0123456789abcdef", "secretFile": "/run/secrets/wechat" }]';

export interface AppsFileSource {
  /** Absolute. The paths in the file are relative to its folder. */
  readonly path: string;
  readFile(path: string): string;
}

/** Every app of a file, or every fault in it, named like `APPS_FILE[1].secret`. */
export function readAppsFile(source: AppsFileSource): { apps: App[]; faults: ConfigFault[] } {
  const faults: ConfigFault[] = [];
  const report = (place: string, reason: string) =>
    faults.push({ name: `APPS_FILE${place}`, reason, example: APPS_FILE_EXAMPLE });
  const entries = readList(source, report) ?? [];
  const apps = entries.map((entry, index) => readEntry(entry, `[${index}]`, source, report));
  const seen = new Map<string, number>();
  for (const [index, app] of apps.entries()) {
    if (app === null) continue;
    const identity = JSON.stringify([app.platform, app.appid]);
    const first = seen.get(identity);
    if (first === undefined) seen.set(identity, index);
    else report(`[${index}].appid`, `is the app of APPS_FILE[${first}] once more`);
  }
  return { apps: apps.filter((app) => app !== null), faults };
}

type Report = (place: string, reason: string) => void;

function readList({ path, readFile }: AppsFileSource, report: Report): unknown[] | null {
  const file = readJsonFile(path, readFile);
  if ('reason' in file) {
    report('', file.reason);
    return null;
  }
  if (Array.isArray(file.json) && file.json.length > 0) return file.json;
  report('', 'must name a file with a JSON list of at least one app');
  return null;
}

function readEntry(json: unknown, place: string, source: AppsFileSource, report: Report): App | null {
  const parsed = entrySchema.safeParse(json);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) reportIssue(issue, place, report);
    return null;
  }
  const { platform, appid, tenant } = parsed.data;
  const secrets = readSecrets(parsed.data, place, source, report);
  return secrets === null ? null : { platform, appid, secrets, tenant };
}

function reportIssue(issue: z.core.$ZodIssue, place: string, report: Report): void {
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) reportUnknownKey(key, place, report);
    return;
  }
  const [field] = issue.path;
  if (isField(field)) report(`${place}.${field}`, must[field]);
  else report(place, `must be an object with ${Object.keys(must).join(', ')}`);
}

function isField(field: PropertyKey | undefined): field is keyof Entry {
  return typeof field === 'string' && Object.hasOwn(must, field);
}

function reportUnknownKey(key: string, place: string, report: Report): void {
  // Something longer or with digits may be a secret that stands where a name belongs.
  const isShowable = /^[A-Za-z_]{1,20}$/.test(key);
  const known = Object.keys(must).join(', ');
  if (isShowable) report(`${place}.${key}`, `is none of ${known}`);
  else report(place, `has a key that is none of ${known}`);
}

function readSecrets(entry: Entry, place: string, source: AppsFileSource, report: Report): App['secrets'] | null {
  const { secret, secretFile } = entry;
  if (secret !== undefined && secretFile !== undefined) {
    report(`${place}.secretFile`, 'is given together with secret: keep one of them');
    return null;
  }
  const texts = secret ?? readSecretFiles(secretFile ?? [], place, source, report);
  if (texts === null) return null;
  const [first, ...rest] = texts;
  if (first !== undefined) return [first, ...rest];
  report(`${place}.secret`, 'must be given, here or as secretFile');
  return null;
}

function readSecretFiles(
  paths: readonly string[],
  place: string,
  source: AppsFileSource,
  report: Report,
): string[] | null {
  const secrets = paths.map((path) => {
    const content = readSecretFile(resolve(dirname(source.path), path), source.readFile);
    if ('text' in content && credential.safeParse(content.text).success) return content.text;
    report(`${place}.secretFile`, 'reason' in content ? content.reason : `must name a file with ${CREDENTIAL}`);
    return null;
  });
  const read = secrets.filter((secret) => secret !== null);
  return read.length === secrets.length ? read : null;
}
