import { Field, ID, ObjectType } from 'type-graphql';
import type { Viewer } from '../../auth/viewer.js';
import type { PlatformName } from '../../platforms/platform.js';
import { Platform } from './platform.js';
import { SessionType } from './session.js';
import { UserType } from './user.js';

@ObjectType('Viewer', { description: 'Who sent this request: a person as one mini-program knows them.' })
export class ViewerType implements Viewer {
  @Field(() => ID, {
    description:
      "The person's id within this mini-program, from the platform's own answer. Another app has another one.",
  })
  readonly openid!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The same across the apps of one owner. Null until the platform tells it; it can appear later.',
  })
  readonly unionid!: string | null;

  @Field(() => ID, { description: 'The mini-program the person logged in through.' })
  readonly appid!: string;

  @Field(() => Platform, { description: 'The platform of that mini-program.' })
  readonly platform!: PlatformName;

  @Field(() => ID, { description: 'The group of apps this one belongs to.' })
  readonly tenant!: string;

  @Field(() => UserType, { description: 'The person, whichever door they came through.' })
  readonly user!: UserType;

  @Field(() => SessionType, { description: 'The session that the token of this request names.' })
  readonly session!: SessionType;
}
