import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { LoggedIn } from '../../auth/log-in.js';
import { PhoneError } from './phone.js';
import { ViewerType } from './viewer.js';

@InputType('LoginInput', { description: 'What a mini-program sends to log in.' })
export class LoginInput {
  @Field(() => String, {
    description: 'The code from wx.login: single use, five minutes. 1 to 128 of A-Z a-z 0-9 _ - .',
  })
  readonly code!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The mini-program the code is of. Needed only when this deployment has more than one.',
  })
  readonly appid!: string | null | undefined;

  @Field(() => String, {
    nullable: true,
    description:
      'A random name the client gives this login: 16 to 64 of A-Z a-z 0-9 _ -. The same code and requestId sent again within five minutes (an answer was lost, a button was tapped twice) answer the same session. Without one a code works once. Keep it as secret as the code.',
  })
  readonly requestId!: string | null | undefined;

  @Field(() => String, {
    nullable: true,
    description:
      "A code of the button with open-type getPhoneNumber, to keep the person's phone number with the same request. Should that fail, the login stands, and `phoneError` says why.",
  })
  readonly phoneCode!: string | null | undefined;
}

@ObjectType('LoginPayload', { description: 'A session has begun.' })
export class LoginPayload implements Pick<LoggedIn, 'token' | 'expiresAt' | 'isNewUser' | 'viewer'> {
  @Field(() => String, {
    description: 'Send it as `Authorization: Bearer <token>` from now on. It is shown only here.',
  })
  readonly token!: string;

  @Field(() => Date, { description: 'When the session ends unless it is used.' })
  readonly expiresAt!: Date;

  @Field(() => Boolean, { description: 'True when this login made the user.' })
  readonly isNewUser!: boolean;

  @Field(() => ViewerType, { description: 'Who has logged in.' })
  readonly viewer!: ViewerType;

  @Field(() => PhoneError, {
    nullable: true,
    description: 'Why the number of `phoneCode` was not kept. Null when it was, or when none was sent.',
  })
  readonly phoneError?: PhoneError | null;
}

@ObjectType('LogoutPayload', { description: 'The session of this request, if there was one, has ended everywhere.' })
export class LogoutPayload {
  @Field(() => Boolean, {
    description: 'False when there was nothing to end: no token, or one that names no live session.',
  })
  readonly ended!: boolean;
}
