import {
  defaultTypeResolver,
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLNonNull,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  getArgumentValues,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { isIterable, isPromise } from '../lib/values.js';
import { fieldsInside, type PlannedField, type QueryPlan, rootFields, type Variables } from './query-plan.js';

type Path = GraphQLResolveInfo['path'];

interface Run {
  readonly plan: QueryPlan;
  readonly context: unknown;
  readonly variables: Variables;
  /** Theirs by field. What somebody keeps by them, as loaders are, must not be there for the next request. */
  readonly nodes: Map<PlannedField, readonly FieldNode[]>;
  hasFailed: boolean;
  onFailure: () => void;
}

/** Where in a run a value is completed. */
interface Place {
  readonly field: PlannedField;
  readonly info: GraphQLResolveInfo;
  readonly path: Path;
}

/** A value of one type, as it stands in the data, or a promise of it. */
type Complete = (run: Run, place: Place, value: unknown) => unknown;

/**
 * Completes each value as `execute` of graphql-js does. Null in place of data that would have come with an error: whose
 * error it is, and where, the long way finds out.
 *
 * @param variables coerced
 */
export function runPlan(plan: QueryPlan, context: unknown, variables: Variables): unknown {
  const run: Run = { plan, context, variables, nodes: new Map(), hasFailed: false, onFailure: () => undefined };
  const fields = plan.fields ?? rootFields(plan, variables);
  const data = executeFields(run, plan.root, undefined, undefined, fields);
  if (run.hasFailed) return null;
  if (!isPromise(data)) return data;
  return new Promise((resolve, reject) => {
    // At once: an error in a place that is not null is not kept waiting by what else was asked.
    run.onFailure = () => resolve(null);
    data.then(resolve, reject);
  });
}

/** Promises that reject are waited for, too: nobody else would listen to them. */
function executeFields(
  run: Run,
  type: GraphQLObjectType,
  source: unknown,
  path: Path | undefined,
  fields: readonly PlannedField[],
): unknown {
  const data: Record<string, unknown> = Object.create(null);
  let pending: PromiseLike<void>[] | null = null;
  for (const field of fields) {
    const { name } = field;
    const value = executeField(run, type, source, { prev: path, key: name, typename: type.name }, field);
    data[name] = value;
    if (!isPromise(value)) continue;
    pending ??= [];
    pending.push(
      value.then((settled) => {
        data[name] = settled;
      }),
    );
  }
  return pending === null ? data : Promise.all(pending).then(() => data);
}

function executeField(run: Run, parentType: GraphQLObjectType, source: unknown, path: Path, field: PlannedField) {
  const { definition, node, resolve } = field;
  const { schema, fragments, operation } = run.plan;
  const info: GraphQLResolveInfo = {
    fieldName: definition.name,
    fieldNodes: nodesOf(run, field),
    returnType: definition.type,
    parentType,
    path,
    schema,
    fragments,
    rootValue: undefined,
    operation,
    variableValues: run.variables as GraphQLResolveInfo['variableValues'],
  };
  return settled(run, () => {
    const args = definition.args.length === 0 ? {} : getArgumentValues(definition, node, run.variables);
    return completeLater(
      run,
      completerOf(definition.type),
      { field, info, path },
      resolve(source, args, run.context, info),
    );
  });
}

function nodesOf({ nodes }: Run, field: PlannedField): readonly FieldNode[] {
  const known = nodes.get(field);
  if (known !== undefined) return known;
  const own = [...field.nodes];
  nodes.set(field, own);
  return own;
}

/** Never throws nor rejects. */
function settled(run: Run, work: () => unknown): unknown {
  const fail = () => {
    run.hasFailed = true;
    run.onFailure();
    return null;
  };
  try {
    const value = work();
    return isPromise(value) ? value.then(undefined, fail) : value;
  } catch {
    return fail();
  }
}

function completeLater(run: Run, complete: Complete, place: Place, value: unknown): unknown {
  return isPromise(value) ? value.then((settled) => complete(run, place, settled)) : complete(run, place, value);
}

const completers = new WeakMap<GraphQLOutputType, Complete>();

function completerOf(type: GraphQLOutputType): Complete {
  const known = completers.get(type);
  if (known !== undefined) return known;
  const made = isNonNullType(type) ? completeNonNull(completerOf(type.ofType)) : completeNullable(type);
  completers.set(type, made);
  return made;
}

function completeNonNull(complete: Complete): Complete {
  return (run, place, value) => {
    const completed = complete(run, place, value);
    return isPromise(completed) ? completed.then(notNull) : notNull(completed);
  };
}

function completeNullable(type: Exclude<GraphQLOutputType, GraphQLNonNull<never>>): Complete {
  const complete = completeValue(type);
  return (run, place, value) => {
    if (value instanceof Error) throw value;
    return value == null ? null : complete(run, place, value);
  };
}

function completeValue(type: GraphQLOutputType): Complete {
  if (isLeafType(type)) return (_run, _place, value) => notNull(type.serialize(value));
  if (isListType(type)) return completeList(completerOf(type.ofType));
  if (isAbstractType(type)) return completeAbstract(type);
  if (isObjectType(type)) return (run, place, value) => completeObject(run, type, place, value);
  throw new Error('a type of no kind');
}

function completeAbstract(type: GraphQLAbstractType): Complete {
  const resolveType = type.resolveType ?? defaultTypeResolver;
  return (run, place, value) => {
    const of = (name: unknown) => completeObject(run, runtimeType(run.plan, type, name), place, value);
    const name = resolveType(value, run.context, place.info, type);
    return isPromise(name) ? name.then(of) : of(name);
  };
}

function completeList(complete: Complete): Complete {
  return (run, { field, info, path }, list) => {
    if (!isIterable(list)) throw new Error('no list');
    let isPending = false;
    const items = Array.from(list, (item, key) => {
      const place = { field, info, path: { prev: path, key, typename: undefined } };
      const completed = settled(run, () => completeLater(run, complete, place, item));
      isPending ||= isPromise(completed);
      return completed;
    });
    return isPending ? Promise.all(items) : items;
  };
}

function completeObject(run: Run, type: GraphQLObjectType, place: Place, value: unknown): unknown {
  const inside = (isOne: unknown) => {
    if (!isOne) throw new Error('no object of its type');
    return executeFields(run, type, value, place.path, fieldsInside(run.plan, place.field, type, run.variables));
  };
  if (!type.isTypeOf) return inside(true);
  const isOne = type.isTypeOf(value, run.context, place.info);
  return isPromise(isOne) ? isOne.then(inside) : inside(isOne);
}

function runtimeType({ schema }: QueryPlan, abstract: GraphQLAbstractType, name: unknown): GraphQLObjectType {
  const type = typeof name === 'string' ? schema.getType(name) : undefined;
  if (!isObjectType(type) || !schema.isSubType(abstract, type)) throw new Error('no such type');
  return type;
}

function notNull(value: unknown): unknown {
  if (value == null) throw new Error('null');
  return value;
}
