import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** What a selection asks for, that of its fragments included wherever they are spread. */
export interface Cost {
  readonly depth: number;
  readonly fields: number;
  readonly aliases: number;
  readonly directives: number;
  /** Of the selection's own level only: what logs in stands at the root of a mutation. */
  readonly authenticationFields: number;
}

type Definition = OperationDefinitionNode | FragmentDefinitionNode;

const NOTHING: Cost = { depth: 0, fields: 0, aliases: 0, directives: 0, authenticationFields: 0 };

/**
 * What each operation costs, and each fragment by itself, used or not. A fragment is measured once, however often it is
 * spread: 20 of them can stand for a million fields.
 */
export function costsOf(document: DocumentNode, authenticationFields: ReadonlySet<string>): Cost[] {
  const definitions = document.definitions.filter(isExecutable);
  const fragments = new Map(definitions.filter(isFragment).map((fragment) => [fragment.name.value, fragment]));
  const costs = new Map<string, Cost>();

  function ofSelections({ selections }: SelectionSetNode): Cost {
    return selections.map(ofSelection).reduce(sum, NOTHING);
  }

  function ofSelection(node: SelectionNode): Cost {
    const inner = ofInside(node);
    const directives = inner.directives + (node.directives?.length ?? 0);
    if (node.kind !== Kind.FIELD) return { ...inner, directives };
    return {
      depth: inner.depth + 1,
      fields: inner.fields + 1,
      aliases: inner.aliases + (node.alias === undefined ? 0 : 1),
      directives,
      authenticationFields: authenticationFields.has(node.name.value) ? 1 : 0,
    };
  }

  function ofInside(node: SelectionNode): Cost {
    if (node.kind === Kind.FRAGMENT_SPREAD) return ofFragment(node.name.value);
    return node.selectionSet === undefined ? NOTHING : ofSelections(node.selectionSet);
  }

  function ofFragment(name: string): Cost {
    const known = costs.get(name);
    if (known !== undefined) return known;
    // Inside itself a fragment costs nothing: a circle ends here, and a rule of graphql-js refuses it.
    costs.set(name, NOTHING);
    const definition = fragments.get(name);
    const cost = definition === undefined ? NOTHING : ofDefinition(definition);
    costs.set(name, cost);
    return cost;
  }

  function ofDefinition({ selectionSet, directives, variableDefinitions }: Definition): Cost {
    const inner = ofSelections(selectionSet);
    const annotated = [{ directives }, ...(variableDefinitions ?? [])];
    return {
      ...inner,
      directives: annotated.reduce((n, each) => n + (each.directives?.length ?? 0), inner.directives),
    };
  }

  return definitions.map((definition) => {
    const cost = ofDefinition(definition);
    const isMutation = definition.kind === Kind.OPERATION_DEFINITION && definition.operation === 'mutation';
    return isMutation ? cost : { ...cost, authenticationFields: 0 };
  });
}

function isExecutable(node: { readonly kind: string }): node is Definition {
  return node.kind === Kind.OPERATION_DEFINITION || node.kind === Kind.FRAGMENT_DEFINITION;
}

function isFragment(node: Definition): node is FragmentDefinitionNode {
  return node.kind === Kind.FRAGMENT_DEFINITION;
}

function sum(a: Cost, b: Cost): Cost {
  return {
    depth: Math.max(a.depth, b.depth),
    fields: a.fields + b.fields,
    aliases: a.aliases + b.aliases,
    directives: a.directives + b.directives,
    authenticationFields: a.authenticationFields + b.authenticationFields,
  };
}
