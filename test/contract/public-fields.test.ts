import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { GraphQLSchema } from 'graphql';
import { Authorized, buildSchemaSync, Field, FieldResolver, ObjectType, Query, Resolver } from 'type-graphql';
import { buildGatewaySchema } from '../../src/graphql/schema.js';
import { guardedFields, publicFieldFaults } from './schema-walk.js';

const file = new URL('./public-fields.txt', import.meta.url);
const listed = readFileSync(file, 'utf8').trimEnd().split(/\r?\n/);

test('every field of the schema is listed as public or guarded where something asks, and every listed one exists', () => {
  const schema = buildGatewaySchema();
  expect(publicFieldFaults(schema, guardedFields(), listed)).toEqual([]);
});

test('the list is sorted and names nothing twice', () => {
  expect(listed).toEqual([...new Set(listed)].sort());
});

@ObjectType()
class Shelf {
  @Field(() => String)
  readonly label!: string;

  @Authorized()
  @Field(() => String)
  readonly contents!: string;
}

@Resolver(() => Shelf)
class ShelfResolver {
  @Query(() => Shelf)
  shelf(): Shelf {
    return { label: '', contents: '' };
  }

  @Authorized('OWNER')
  @Query(() => Shelf)
  ownShelf(): Shelf {
    return this.shelf();
  }

  @Authorized()
  @FieldResolver(() => String)
  owner(): string {
    return '';
  }
}

@Authorized()
@Resolver()
class SafeResolver {
  @Query(() => String)
  safe(): string {
    return '';
  }
}

describe('the check of the public fields', () => {
  function buildShelfSchema(): GraphQLSchema {
    return buildSchemaSync({ resolvers: [ShelfResolver, SafeResolver], authChecker: () => false, validate: false });
  }

  function faultsWith(list: string[]): string[] {
    const schema = buildShelfSchema();
    return publicFieldFaults(schema, guardedFields(), list);
  }

  test('lets listed fields be, and those guarded by themselves, by their resolver or by its class', () => {
    expect(faultsWith(['Query.shelf', 'Shelf.label'])).toEqual([]);
  });

  test('finds a field that is neither listed nor guarded', () => {
    expect(faultsWith(['Query.shelf'])).toEqual(['Shelf.label is neither listed nor guarded by @Authorized']);
  });

  test('finds a listed field that does not exist', () => {
    expect(faultsWith(['Query.shelf', 'Shelf.label', 'Shelf.width'])).toEqual([
      'Shelf.width is listed and does not exist',
    ]);
  });

  test('finds a listed field that is guarded', () => {
    expect(faultsWith(['Query.safe', 'Query.shelf', 'Shelf.label'])).toEqual([
      'Query.safe is listed as public and guarded',
    ]);
  });
});
