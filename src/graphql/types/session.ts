import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { Session } from '../../auth/viewer.js';
import type { PlatformName } from '../../platforms/platform.js';
import { Platform } from './platform.js';

@ObjectType('Session', { description: 'One sign-in of one device.' })
export class SessionType implements Session {
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

  @Field(() => Boolean, {
    description: "True for the session whose token was sent; in a login's answer, for the one that has just begun.",
  })
  readonly current!: boolean;

  @Field(() => Platform, { description: 'The platform the login was made on.' })
  readonly platform!: PlatformName;

  @Field(() => ID, { description: 'The mini-program the login was made in.' })
  readonly appid!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The address the login came from. Null when it is not known.',
  })
  readonly ip!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The User-Agent that the login named: at most 200 characters, which the sender chose. Null when there was none.',
  })
  readonly device!: string | null;
}

@InputType('RevokeSessionInput', { description: 'Which session to end.' })
export class RevokeSessionInput {
  @Field(() => ID, { description: "The `id` of one of the viewer's sessions." })
  readonly id!: string;
}

@ObjectType('RevokeSessionPayload', { description: 'The session, if it was one of the viewer, has ended everywhere.' })
export class RevokeSessionPayload {
  @Field(() => Boolean, {
    description: 'False when there was nothing to end: no live session of the viewer has this id.',
  })
  readonly ended!: boolean;
}

@InputType('RevokeSessionsInput', { description: 'Which sessions to end.' })
export class RevokeSessionsInput {
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description: 'Whether the session of this request goes on. Null is true.',
  })
  readonly keepCurrent!: boolean | null;
}

@ObjectType('RevokeSessionsPayload', { description: 'These sessions have ended everywhere.' })
export class RevokeSessionsPayload {
  @Field(() => Int, { description: 'How many live sessions it were.' })
  readonly ended!: number;
}
