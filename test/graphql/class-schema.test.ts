import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { Authorized, Field, FieldResolver, ID, Int, Mutation, ObjectType, Query, Resolver, Root } from 'type-graphql';
import type { ResolverClass } from '../../src/graphql/class-schema.js';
import { buildGatewaySchema, printGatewaySchema } from '../../src/graphql/schema.js';
import { UserType } from '../../src/graphql/types/user.js';
import { ViewerType } from '../../src/graphql/types/viewer.js';
import { codesOf } from './codes-of.js';

const MENJINS = printGatewaySchema();

describe('resolver classes of two gateways in one process', () => {
  @Resolver(() => UserType)
  class PointsResolver {
    @FieldResolver(() => Int)
    points(@Root() { id }: UserType): number {
      return id.length;
    }
    @Query(() => String)
    shop(): string {
      return 'open';
    }
  }

  @Resolver(() => ViewerType)
  class BadgeResolver {
    @FieldResolver(() => String)
    badge(): string {
      return 'gold';
    }
  }

  test('do not see the fields of each other, nor leave any behind', () => {
    const points = printGatewaySchema({ resolvers: [PointsResolver] });
    const badge = printGatewaySchema({ resolvers: [BadgeResolver] });
    expect([points.includes('points: Int!'), points.includes('shop: String!'), points.includes('badge')]).toEqual([
      true,
      true,
      false,
    ]);
    expect([badge.includes('badge: String!'), badge.includes('points'), badge.includes('shop')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(printGatewaySchema()).toBe(MENJINS);
    expect(printGatewaySchema({ resolvers: [PointsResolver] })).toBe(points);
    expect(printGatewaySchema({ resolvers: [PointsResolver, BadgeResolver] })).toContain('badge: String!');
    expect(printGatewaySchema()).toBe(MENJINS);
  });

  test('a build that fails leaves nothing behind either', () => {
    @Resolver()
    class Broken {
      @Query(() => String)
      viewer(): string {
        return 'mine';
      }
    }
    expect(() => printGatewaySchema({ resolvers: [Broken, PointsResolver] })).toThrow(TypeError);
    expect(printGatewaySchema()).toBe(MENJINS);
  });

  test('may guard a field of one type, each in its own way', async () => {
    @ObjectType()
    class Price {
      @Field(() => Int)
      cents = 5;
    }
    @Resolver()
    class Shop {
      @Query(() => Price)
      price(): Price {
        return new Price();
      }
    }
    @Resolver(() => Price)
    class Guarded {
      @Authorized('ADMIN')
      @FieldResolver(() => Int)
      cents(): number {
        return 7;
      }
    }
    const query = '{ price { cents } }';
    expect(await codesOf([Shop, Guarded], query)).toEqual({ data: null, 'price.cents': 'UNAUTHENTICATED' });
    expect(await codesOf([Shop], query)).toEqual({ data: { price: { cents: 5 } } });
  });

  test('may inherit from one class', async () => {
    @Resolver()
    abstract class Base {
      @Query(() => String)
      greeting(): string {
        return `hello from ${this.constructor.name}`;
      }
    }
    @Resolver()
    class First extends Base {}
    @Resolver()
    class Second extends Base {}
    expect(await codesOf([First], '{ greeting }')).toEqual({ data: { greeting: 'hello from First' } });
    expect(await codesOf([Second], '{ greeting }')).toEqual({ data: { greeting: 'hello from Second' } });
    expect(printGatewaySchema()).toBe(MENJINS);
  });

  test('menjin keeps its descriptions beside them', () => {
    const printed = printGatewaySchema({ resolvers: [BadgeResolver] });
    const isDescribed = (line: string) => !/^"""What can be/.test(line);
    expect(printed.split('\n').filter((line) => isDescribed(line) && !MENJINS.includes(line))).toEqual([
      '  badge: String!',
    ]);
    expect(MENJINS.split('\n').filter((line) => isDescribed(line) && !printed.includes(line))).toEqual([]);
    expect(printed).toMatch(/^"""What can be asked\."""\ntype Query /m);
  });
});

describe("what is menjin's own is not redefined by a class", () => {
  @Resolver()
  class OwnViewer {
    @Query(() => String)
    viewer(): string {
      return 'mine';
    }
  }
  @Resolver()
  class OwnLogin {
    @Mutation(() => String, { name: 'login' })
    enter(): string {
      return 'mine';
    }
  }
  @Resolver(() => ViewerType)
  class OwnOpenid {
    @FieldResolver(() => ID)
    openid(): string {
      return 'mine';
    }
  }
  @Resolver(() => ViewerType)
  class OtherName {
    @FieldResolver(() => ID, { name: 'alias' })
    openid(): string {
      return 'mine';
    }
  }
  @Resolver()
  abstract class Base {
    @Query(() => String)
    viewer(): string {
      return 'mine';
    }
  }
  @Resolver()
  class Inherited extends Base {}
  @Resolver(() => ViewerType)
  abstract class FieldBase {
    @FieldResolver(() => ID)
    openid(): string {
      return 'mine';
    }
  }
  @Resolver()
  class InheritedField extends FieldBase {}

  const rows: [how: string, resolver: ResolverClass, named: string][] = [
    ['a query', OwnViewer, 'Query.viewer'],
    ['a mutation that is named otherwise in the class', OwnLogin, 'Mutation.login'],
    ['a field resolver', OwnOpenid, 'Viewer.openid'],
    ["a field resolver whose method has the name of menjin's", OtherName, 'Viewer.openid'],
    ['an inherited query', Inherited, 'Query.viewer'],
    ['an inherited field resolver', InheritedField, 'Viewer.openid'],
  ];
  test.each(rows)('%s', (_, resolver, named) => {
    expect(() => buildGatewaySchema({ resolvers: [resolver] })).toThrow(TypeError);
    expect(() => buildGatewaySchema({ resolvers: [resolver] })).toThrow(`${named}: that is menjin's own`);
  });

  test('an object type of the same name', () => {
    @ObjectType('Session')
    class OwnSession {
      @Field(() => String)
      place = 'here';
    }
    @Resolver()
    class Sessions {
      @Query(() => OwnSession)
      mine(): OwnSession {
        return new OwnSession();
      }
    }
    expect(() => buildGatewaySchema({ resolvers: [Sessions] })).toThrow('Session');
    expect(printGatewaySchema()).toBe(MENJINS);
  });
});
