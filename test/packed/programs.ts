/** What somebody writes on their first day: JavaScript as it is, SQLite in ./data. */
export const plain = `
import { createGateway, requireViewer } from 'menjin';

const typeDefs = 'type Query { greeting: String!, points: Int! }';
const resolvers = {
  Query: {
    greeting: (_source, _args, { viewer }) => 'Hello, ' + (viewer?.openid ?? 'whoever you are') + '.',
    points: (_source, _args, context) => requireViewer(context).user.id.length,
  },
};

const gateway = await createGateway({ config: { port: 0, logLevel: 'silent' }, typeDefs, resolvers });
const { url } = await gateway.listen();
console.log(url);
process.stdin.resume().once('end', () => gateway.close());
`;

/** The same in TypeScript, with classes. */
export const typed = `
import { createGateway, type GatewayContext, requireViewer } from 'menjin';
import { Authorized, Ctx, Int, Query, Resolver } from 'type-graphql';

@Resolver()
class Greetings {
  @Query()
  greeting(@Ctx() { viewer }: GatewayContext): string {
    return 'Hello, ' + (viewer?.openid ?? 'whoever you are') + '.';
  }

  @Authorized()
  @Query(() => Int)
  points(@Ctx() context: GatewayContext): number {
    return requireViewer(context).user.id.length;
  }
}

const gateway = await createGateway({ config: { port: 0, logLevel: 'silent' }, resolvers: [Greetings] });
const { url } = await gateway.listen();
console.log(url);
process.stdin.resume().once('end', () => gateway.close());
`;

/** Every place where @Authorized() can stand, and one that guards nothing. */
export const guarded = `
import { createGateway } from 'menjin';
import { Authorized, Field, FieldResolver, ObjectType, Query, Resolver } from 'type-graphql';

@ObjectType()
class Shelf {
  @Field()
  label: string = 'seen by all';

  @Authorized()
  @Field()
  contents: string = 'seen';

  @Authorized()
  @Field({ simple: true })
  letters: string = 'seen';
}

@Authorized()
@ObjectType()
class Vault {
  @Field()
  gold: string = 'seen';
}

@Authorized()
@Resolver()
class Members {
  @Query()
  club(): string {
    return 'seen';
  }
}

@Resolver(() => Shelf)
class Things {
  @Query()
  shelf(): Shelf {
    return new Shelf();
  }

  @Query()
  vault(): Vault {
    return new Vault();
  }

  @Authorized()
  @FieldResolver()
  owner(): string {
    return 'seen';
  }

  @Authorized('ADMIN')
  @Query()
  ledger(): string {
    return 'seen';
  }
}

const gateway = await createGateway({
  config: { port: 0, logLevel: 'silent', databaseUrl: 'memory:' },
  resolvers: [Members, Things],
  roles: ({ openid }) => (openid === process.env.ADMIN ? ['ADMIN'] : []),
});
const { url } = await gateway.listen();
console.log(url);
process.stdin.resume().once('end', () => gateway.close());
`;

/** Where modules are CommonJS. */
export const required = `
const { createGateway } = require('menjin');

createGateway({ config: { port: 0, logLevel: 'silent', databaseUrl: 'memory:', sessionStoreUrl: 'memory:' } })
  .then(async (gateway) => {
    console.log((await gateway.listen()).url);
    process.stdin.resume().once('end', () => gateway.close());
  });
`;
