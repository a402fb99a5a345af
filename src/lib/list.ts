/** The items of a comma-separated list, without the spaces around them. Other white space stays, and is the item's fault. */
export function splitList(text: string): string[] {
  return text.split(',').map((item) => item.replace(/^ +| +$/g, ''));
}
