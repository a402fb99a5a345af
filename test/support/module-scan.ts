import { parseSync } from '@swc/core';

export interface ModuleScan {
  readonly imports: readonly ModuleImport[];
  readonly readsEnvironment: boolean;
}

export interface ModuleImport {
  /** What is imported; null when that is computed. */
  readonly specifier: string | null;
  /** `type`: nothing of it is there at run time. */
  readonly kind: 'static' | 'type' | 'dynamic';
}

/** What a TypeScript module takes from outside: imports, re-exports, dynamic imports, import types, `require`, the environment. */
export function scanModule(source: string): ModuleScan {
  const program = parseSync(source, { syntax: 'typescript', decorators: true, target: 'es2022' });
  const nodes = [...nodesOf(program)];
  const requires = new Set(nodes.flatMap(nameOfRequire));
  return {
    imports: nodes.flatMap((node) => importsOf(node, requires)),
    readsEnvironment: nodes.some(readsEnvironment),
  };
}

type Node = Readonly<Record<string, unknown>>;

function* nodesOf(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return;
  if ('type' in value) yield value as Node;
  for (const child of Object.values(value)) yield* nodesOf(child);
}

function importsOf(node: Node, requires: ReadonlySet<string>): ModuleImport[] {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      if (!node.source) return [];
      return [{ specifier: literal(node.source), kind: isTypeOnly(node) ? 'type' : 'static' }];
    case 'TsImportType':
      return [{ specifier: literal(node.argument), kind: 'type' }];
    case 'TsExternalModuleReference':
      return [{ specifier: literal(node.expression), kind: 'static' }];
    case 'CallExpression': {
      const callee = node.callee as Node;
      const isRequire = makesRequire(callee) || (callee.type === 'Identifier' && requires.has(String(callee.value)));
      if (callee.type !== 'Import' && !isRequire) return [];
      const [argument] = node.arguments as { expression: Node }[];
      return [{ specifier: literal(argument?.expression), kind: isRequire ? 'static' : 'dynamic' }];
    }
    default:
      return [];
  }
}

// const require = createRequire(import.meta.url)
function nameOfRequire({ type, id, init }: Node): string[] {
  return type === 'VariableDeclarator' && makesRequire(init) ? [String((id as Node).value)] : [];
}

function makesRequire(node: unknown): boolean {
  const isCall = typeof node === 'object' && node !== null && (node as Node).type === 'CallExpression';
  return isCall && named((node as Node).callee, 'createRequire');
}

function isTypeOnly(node: Node): boolean {
  if (node.typeOnly) return true;
  const specifiers = (node.specifiers ?? []) as Node[];
  return specifiers.length > 0 && specifiers.every((specifier) => specifier.isTypeOnly === true);
}

// process.env, process['env'], const { env } = process, import { env } from 'node:process'
function readsEnvironment(node: Node): boolean {
  if (node.type === 'MemberExpression') {
    return (
      named(node.object, 'process') && (named(node.property, 'env') || named((node.property as Node).expression, 'env'))
    );
  }
  if (node.type === 'VariableDeclarator')
    return named(node.init, 'process') && JSON.stringify(node.id).includes('"env"');
  if (node.type === 'ImportDeclaration') {
    return /^(node:)?process$/.test(literal(node.source) ?? '') && JSON.stringify(node.specifiers).includes('"env"');
  }
  return false;
}

function named(node: unknown, name: string): boolean {
  return typeof node === 'object' && node !== null && (node as Node).value === name;
}

function literal(node: unknown): string | null {
  const isString = typeof node === 'object' && node !== null && (node as Node).type === 'StringLiteral';
  return isString ? String((node as Node).value) : null;
}
