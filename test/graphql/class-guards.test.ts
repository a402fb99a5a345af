import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { Authorized, Field, FieldResolver, ID, Int, InterfaceType, ObjectType, Query, Resolver } from 'type-graphql';
import { buildGatewaySchema, printGatewaySchema } from '../../src/graphql/schema.js';
import { codesOf, WITHOUT_ROLES } from './codes-of.js';

const MENJINS = printGatewaySchema();

describe('@Authorized', () => {
  test('on an interface and its field, on a superclass and its field, guards what inherits', async () => {
    @InterfaceType()
    abstract class Node {
      @Authorized()
      @Field(() => ID)
      id = 'n1';
      @Field(() => String)
      open = 'open';
    }
    @ObjectType({ implements: Node })
    class Leaf extends Node {
      @Field(() => String)
      colour = 'green';
    }
    @ObjectType({ implements: Node, simpleResolvers: true })
    class SimpleLeaf extends Node {}
    @ObjectType()
    class Person {
      @Authorized()
      @Field(() => String, { simple: true })
      phone = '138';
      @Field(() => String)
      name = 'Alice';
    }
    @ObjectType({ simpleResolvers: true })
    class Clerk extends Person {}
    @Resolver()
    class Things {
      @Query(() => Leaf, { nullable: true })
      leaf(): Leaf {
        return new Leaf();
      }
      @Query(() => Node, { nullable: true })
      node(): Node {
        return new Leaf();
      }
      @Query(() => SimpleLeaf, { nullable: true })
      simpleLeaf(): SimpleLeaf {
        return new SimpleLeaf();
      }
      @Query(() => Clerk, { nullable: true })
      clerk(): Clerk {
        return new Clerk();
      }
    }
    expect(
      await codesOf(
        [Things],
        '{ leaf { id } node { id } simpleLeaf { id } clerk { phone } l: leaf { open colour } s: simpleLeaf { open } c: clerk { name } }',
      ),
    ).toEqual({
      data: {
        ...{ leaf: null, node: null, simpleLeaf: null, clerk: null },
        ...{ l: { open: 'open', colour: 'green' }, s: { open: 'open' }, c: { name: 'Alice' } },
      },
      'leaf.id': 'UNAUTHENTICATED',
      'node.id': 'UNAUTHENTICATED',
      'simpleLeaf.id': 'UNAUTHENTICATED',
      'clerk.phone': 'UNAUTHENTICATED',
    });
  });

  describe("on an object type's class", () => {
    const query = '{ treasure { name colour own hung price } }';

    test('guards its fields, also those that resolver classes hang on it', async () => {
      @Authorized()
      @ObjectType({ simpleResolvers: true })
      class Treasure {
        @Field(() => String, { nullable: true })
        name = 'cup';
        @Field(() => String, { nullable: true, simple: true })
        colour = 'green';
        @Field(() => String, { nullable: true })
        own(): string {
          return 'own';
        }
        @Authorized('ADMIN')
        @Field(() => Int, { nullable: true })
        price = 5;
      }
      @Resolver(() => Treasure)
      class Treasures {
        @Query(() => Treasure)
        treasure(): Treasure {
          return new Treasure();
        }
        @FieldResolver(() => String, { nullable: true })
        hung(): string {
          return 'hung';
        }
      }
      const signedOut = { name: null, colour: null, own: null, hung: null, price: null };
      const codes = Object.keys(signedOut).map((name) => [`treasure.${name}`, 'UNAUTHENTICATED']);
      expect(await codesOf([Treasures], query)).toEqual({
        data: { treasure: signedOut },
        ...Object.fromEntries(codes),
      });
    });

    test('does not soften the guard of a field, whoever resolves it', async () => {
      @ObjectType()
      class Thing {
        @Authorized('ADMIN')
        @Field(() => String, { nullable: true })
        cost = '5';
      }
      @Authorized()
      @ObjectType()
      class Cup extends Thing {
        @Authorized('ADMIN')
        @Field(() => String, { nullable: true })
        price = '7';
        @Field(() => String)
        name = 'cup';
      }
      abstract class Resolving {
        cup(): Cup {
          return new Cup();
        }
        price(): string {
          return 'resolved';
        }
        cost(): string {
          return 'resolved';
        }
      }
      @Resolver(() => Cup)
      class Open extends Resolving {
        @Query(() => Cup)
        override cup(): Cup {
          return super.cup();
        }
        @FieldResolver(() => String, { nullable: true })
        override price(): string {
          return super.price();
        }
        @FieldResolver(() => String, { nullable: true })
        override cost(): string {
          return super.cost();
        }
      }
      @Authorized()
      @Resolver(() => Cup)
      class Guarded extends Resolving {
        @Query(() => Cup)
        override cup(): Cup {
          return super.cup();
        }
        @FieldResolver(() => String, { nullable: true })
        override price(): string {
          return super.price();
        }
        @FieldResolver(() => String, { nullable: true })
        override cost(): string {
          return super.cost();
        }
      }
      for (const resolver of [Open, Guarded]) {
        expect(await codesOf([resolver], '{ cup { name price cost } }', WITHOUT_ROLES)).toEqual({
          data: { cup: { name: 'cup', price: null, cost: null } },
          'cup.price': 'FORBIDDEN',
          'cup.cost': 'FORBIDDEN',
        });
      }
    });

    test('does not reach what it inherits, so the start fails', () => {
      @InterfaceType()
      abstract class Numbered {
        @Field(() => ID)
        number = 'n1';
      }
      @ObjectType()
      class Thing {
        @Field(() => String)
        name = 'cup';
        @Authorized('CLERK')
        @Field(() => String)
        colour = 'green';
      }
      @Authorized()
      @ObjectType({ implements: Numbered })
      class Treasure extends Thing implements Numbered {
        number = 'n2';
      }
      @Resolver()
      class Things {
        @Query(() => Treasure)
        treasure(): Treasure {
          return new Treasure();
        }
        @Query(() => Thing)
        thing(): Thing {
          return new Thing();
        }
      }
      expect(() => buildGatewaySchema({ resolvers: [Things] })).toThrow(TypeError);
      expect(() => buildGatewaySchema({ resolvers: [Things] })).toThrow(
        '@Authorized of the class Treasure does not guard what it inherits: number, name.',
      );
      expect(printGatewaySchema()).toBe(MENJINS);
    });
  });

  test('on a resolver class guards what it inherits', async () => {
    function listOf(name: string) {
      @Resolver()
      abstract class List {
        @Query(() => String, { name: `${name}List`, nullable: true })
        list(): string {
          return name;
        }
        @Authorized('ADMIN')
        @Query(() => String, { name: `${name}Audit`, nullable: true })
        audit(): string {
          return name;
        }
      }
      return List;
    }
    @Authorized()
    @Resolver()
    class Orders extends listOf('orders') {}
    @Resolver()
    class Cups extends listOf('cups') {}
    expect(await codesOf([Orders, Cups], '{ ordersList ordersAudit cupsList cupsAudit }')).toEqual({
      data: { ordersList: null, ordersAudit: null, cupsList: 'cups', cupsAudit: null },
      ordersList: 'UNAUTHENTICATED',
      ordersAudit: 'UNAUTHENTICATED',
      cupsAudit: 'UNAUTHENTICATED',
    });
  });
});
