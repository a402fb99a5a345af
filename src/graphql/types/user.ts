import { Field, ID, ObjectType } from 'type-graphql';

@ObjectType('User', { description: 'A person. Made by the first login of one of their identities.' })
export class UserType {
  @Field(() => ID, {
    description: 'Stable. Keep this one in your own tables.',
  })
  readonly id!: string;

  @Field(() => Date, { description: 'When the person first logged in.' })
  readonly createdAt!: Date;
}
