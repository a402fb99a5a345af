import { Field, ID, ObjectType } from 'type-graphql';
import type { PlatformName } from '../../platforms/platform.js';
import { Platform } from './platform.js';

@ObjectType('Identity', { description: 'One door to a user: a person as one mini-program knows them.' })
export class IdentityType {
  @Field(() => ID, { description: 'Names the identity, for unlinkIdentity.' })
  readonly id!: string;

  @Field(() => Platform, { description: 'The platform of its mini-program.' })
  readonly platform!: PlatformName;

  @Field(() => ID, { description: 'The mini-program.' })
  readonly appid!: string;

  @Field(() => ID, { description: "The person's id within that mini-program." })
  readonly openid!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The same across the apps of one owner. Null until the platform tells it.',
  })
  readonly unionid!: string | null;

  @Field(() => Date, { description: 'When it came to this user: by its first login, or later by a link or a merge.' })
  readonly linkedAt!: Date;

  @Field(() => Date, { description: 'When a code of it was last exchanged.' })
  readonly lastLoginAt!: Date;
}
