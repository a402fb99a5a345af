import { buildSchema, findBreakingChanges } from 'graphql';

/** How graphql words each kind of change, and the schema coordinate of what breaks. */
const wordings = {
  TYPE_REMOVED: [/^(\w+) was removed\.$/, '$1'],
  TYPE_CHANGED_KIND: [/^(\w+) changed from .+\.$/, '$1'],
  TYPE_REMOVED_FROM_UNION: [/^(\w+) was removed from union type (\w+)\.$/, '$2.$1'],
  VALUE_REMOVED_FROM_ENUM: [/^(\w+) was removed from enum type (\w+)\.$/, '$2.$1'],
  REQUIRED_INPUT_FIELD_ADDED: [/^A required field (\w+) on input type (\w+) was added\.$/, '$2.$1'],
  IMPLEMENTED_INTERFACE_REMOVED: [/^(\w+) no longer implements interface \w+\.$/, '$1'],
  FIELD_REMOVED: [/^(\w+\.\w+) was removed\.$/, '$1'],
  FIELD_CHANGED_KIND: [/^(\w+\.\w+) changed type from .+\.$/, '$1'],
  REQUIRED_ARG_ADDED: [/^A required arg (\w+) on (\w+\.\w+) was added\.$/, '$2($1:)'],
  ARG_REMOVED: [/^(\w+\.\w+) arg (\w+) was removed\.$/, '$1($2:)'],
  ARG_CHANGED_KIND: [/^(\w+\.\w+) arg (\w+) has changed type from .+\.$/, '$1($2:)'],
  DIRECTIVE_REMOVED: [/^(\w+) was removed\.$/, '@$1'],
  DIRECTIVE_ARG_REMOVED: [/^(\w+) was removed from (\w+)\.$/, '@$2($1:)'],
  REQUIRED_DIRECTIVE_ARG_ADDED: [/^A required arg (\w+) on directive (\w+) was added\.$/, '@$2($1:)'],
  DIRECTIVE_REPEATABLE_REMOVED: [/^Repeatable flag was removed from (\w+)\.$/, '@$1'],
  DIRECTIVE_LOCATION_REMOVED: [/^\w+ was removed from (\w+)\.$/, '@$1'],
};

/**
 * The breaking changes between two schemas that the changelog does not name under a heading `### Breaking`, above the
 * section of `baseVersion` (`1.2.0`); without a version in `## [Unreleased]` alone.
 *
 * @param {string} baseSdl
 * @param {string} currentSdl
 * @param {string} changelog
 * @param {string | null} [baseVersion]
 * @returns {{ coordinate: string, description: string }[]} `coordinate`: what has to stand there in backticks
 */
export function findUntoldBreaks(baseSdl, currentSdl, changelog, baseVersion = null) {
  const told = toldCoordinates(changelog, baseVersion);
  return findBreakingChanges(buildSchema(baseSdl), buildSchema(currentSdl))
    .filter(({ description }) => !isAboutUnusedScalar(description))
    .map(({ type, description }) => ({ coordinate: coordinateOf(type, description), description }))
    .filter(({ coordinate }) => !told.has(coordinate))
    .sort((a, b) => (a.coordinate < b.coordinate ? -1 : 1));
}

/** A scalar of GraphQL itself goes with its last use, and that use is a change of its own. */
function isAboutUnusedScalar(description) {
  return description.startsWith('Standard scalar ');
}

function coordinateOf(type, description) {
  const [wording, coordinate] = wordings[type] ?? [];
  if (!wording?.test(description)) throw new Error(`graphql says this in words of another version: ${description}`);
  return description.replace(wording, coordinate);
}

function toldCoordinates(changelog, baseVersion) {
  const told = new Set();
  let isNew = false;
  let isBreaking = false;
  for (const line of changelog.split(/\r?\n/)) {
    const [, section] = /^## \[?([^\]\s]+)/.exec(line) ?? [];
    if (section !== undefined && section === baseVersion) break;
    if (section !== undefined) isNew = section === 'Unreleased' || baseVersion !== null;
    if (/^#{1,3} /.test(line)) isBreaking = /^### Breaking\s*$/.test(line);
    if (!isNew || !isBreaking) continue;
    for (const [, name] of line.matchAll(/`([^`]+)`/g)) told.add(name);
  }
  return told;
}
