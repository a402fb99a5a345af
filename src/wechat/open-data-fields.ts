export type JsonObject = Readonly<Record<string, unknown>>;

/** Undefined: of another type or range. Absent and null are handed in as null. */
export type Reader<T> = (value: unknown) => T | undefined;

/** GraphQL's Int. */
export const MAX_INT = 2 ** 31 - 1;

export const text: Reader<string> = (value) => (typeof value === 'string' ? value : undefined);
export const identifier: Reader<string> = (value) => text(value) || undefined;
export const optionalText: Reader<string | null> = (value) => (value === null ? null : text(value));
/** WeChat sends an empty one, too, where there is none. */
export const optionalIdentifier: Reader<string | null> = (value) => (value === '' ? null : optionalText(value));
export const digits: Reader<string> = (value) =>
  /^\+?[0-9][0-9 -]{0,31}$/.test(text(value) ?? '') ? text(value) : undefined;
/** Its pages show a string, some of its answers a number. */
export const countryCode: Reader<string> = (value) => digits(Number.isSafeInteger(value) ? String(value) : value);

export function integer(max: number): Reader<number> {
  return (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max ? value : undefined;
}

export function optionalInteger(max: number): Reader<number | null> {
  return (value) => (value === null ? null : integer(max)(value));
}

export const steps: Reader<{ timestamp: number; step: number }[]> = (value) => {
  if (!Array.isArray(value)) return undefined;
  const list = value.map((each) => {
    if (!isJsonObject(each)) return undefined;
    const timestamp = integer(Number.MAX_SAFE_INTEGER)(ownValue(each, 'timestamp'));
    const step = integer(MAX_INT)(ownValue(each, 'step'));
    return timestamp === undefined || step === undefined ? undefined : { timestamp, step };
  });
  const read = list.filter((each) => each !== undefined);
  return read.length === list.length ? read : undefined;
};

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Null when there is none of its own. */
export function ownValue(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : null;
}
