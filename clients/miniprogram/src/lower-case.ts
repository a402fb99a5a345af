/** Headers, of an object of texts or of something with `forEach((value, name) => ...)`: platforms write names as they like. */
export function lowerCase(headers: object): Record<string, string> {
  const result: Record<string, string> = {};
  const add = (value: unknown, name: string) => {
    result[name.toLowerCase()] = String(value);
  };
  const each = 'forEach' in headers ? (headers as Map<string, unknown>) : new Map(Object.entries(headers));
  each.forEach(add);
  return result;
}
