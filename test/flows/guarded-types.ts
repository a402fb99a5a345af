import 'reflect-metadata';
import { Authorized, Field, ID, InterfaceType, ObjectType } from 'type-graphql';

/** What ran, in order: a guarded resolver must not. */
export const ran: string[] = [];
export function run<T>(name: string, value: T): T {
  ran.push(name);
  return value;
}

/** A property that says when it is read: type-graphql gives a simple field no function of its own. */
export function reading<T extends object>(object: T, name: keyof T & string, value: string): T {
  return Object.defineProperty(object, name, { get: () => run(name, value) });
}

@ObjectType()
export class Order {
  @Field(() => String)
  cup = 'a cup';

  @Authorized()
  @Field(() => String, { nullable: true })
  price(): string {
    return run('price', '5');
  }

  @Authorized()
  @Field(() => String, { nullable: true, simple: true })
  simple = '';
}

@Authorized()
@ObjectType()
export class Address {
  @Field(() => String, { nullable: true })
  get street(): string {
    return run('street', 'Main');
  }

  @Field(() => String, { nullable: true, simple: true })
  door = '';
}

@ObjectType({ simpleResolvers: true })
export class Receipt {
  @Field(() => String)
  shop = 'corner';

  @Authorized()
  @Field(() => String, { nullable: true })
  total = '';
}

@InterfaceType()
abstract class Numbered {
  @Authorized()
  @Field(() => ID, { nullable: true })
  get number(): string {
    return run('number', 'n1');
  }
}

@ObjectType({ implements: Numbered })
export class Parcel extends Numbered {}

@ObjectType()
class Person {
  @Authorized()
  @Field(() => String, { nullable: true })
  get phone(): string {
    return run('phone', '138');
  }
}

@ObjectType()
export class Clerk extends Person {}
