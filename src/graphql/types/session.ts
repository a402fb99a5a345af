import { Field, ID, ObjectType } from 'type-graphql';

@ObjectType('Session', { description: 'One sign-in of one device.' })
export class SessionType {
  @Field(() => ID, { description: 'Names the session. It is not the token and opens nothing.' })
  readonly id!: string;

  @Field(() => Date, { description: 'When the login was made.' })
  readonly createdAt!: Date;

  @Field(() => Date, {
    description: 'Its last use, as last written down: at most an hour, or a tenth of the idle time-out, ago.',
  })
  readonly lastSeenAt!: Date;

  @Field(() => Date, {
    description: 'When it ends unless it is used again. It moves with use, up to the absolute lifetime.',
  })
  readonly expiresAt!: Date;
}
