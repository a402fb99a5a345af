/** As far as a person uses them. */
export interface DomNode {
  readonly nodeType: number;
  readonly textContent: string;
  readonly outerHTML: string;
  readonly childNodes: Iterable<DomNode>;
  readonly parentNode: DomNode | null;
  readonly __wxElement?: { readonly _vt?: { readonly attrs: readonly { name: string; value: unknown }[] } };
  appendChild(child: unknown): void;
}

const TEXT_NODE = 3;

export function textNodesOf(node: DomNode): DomNode[] {
  if (node.nodeType === TEXT_NODE) return node.textContent.trim() === '' ? [] : [node];
  return [...node.childNodes].flatMap(textNodesOf);
}

export function textsOf(node: DomNode): string[] {
  return textNodesOf(node).map(({ textContent }) => textContent.trim());
}

/** Of this element of WXML and of those that it is in; the nearest counts. */
export function attributesAround(node: DomNode | null): Record<string, unknown> {
  if (node === null) return {};
  const own = node.__wxElement?._vt?.attrs ?? [];
  return { ...attributesAround(node.parentNode), ...Object.fromEntries(own.map(({ name, value }) => [name, value])) };
}
