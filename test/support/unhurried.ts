/** Lines of a log without those that call a request slow: on a machine that stands still every request may be. */
export function unhurried<Line extends { readonly msg?: unknown }>(lines: readonly Line[]): Line[] {
  return lines.filter(({ msg }) => msg !== 'slow');
}
