import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { ViewerType } from './viewer.js';

@InputType('RegisterInput', { description: "The username and password that the viewer's user gets." })
export class RegisterInput {
  @Field(() => String, {
    description: '3 to 32 of a-z 0-9 _ . - in either case; kept and shown in lower case. Unique in the tenant.',
  })
  readonly username!: string;

  @Field(() => String, {
    description:
      '8 to 1024 characters of any kind, none of them cut off. Not the username, and none of those that everybody tries first.',
  })
  readonly password!: string;
}

@ObjectType('RegisterPayload', { description: "The viewer's user has a username and a password." })
export class RegisterPayload {
  @Field(() => ViewerType, { description: 'Who has registered.' })
  readonly viewer!: ViewerType;
}

@InputType('LoginWithPasswordInput', {
  description: 'What a mini-program sends to log in to an account with a password.',
})
export class LoginWithPasswordInput {
  @Field(() => String, {
    description:
      'The code from wx.login: single use, five minutes. 1 to 128 of A-Z a-z 0-9 _ - . A wrong password does not use it up.',
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
      'A random name the client gives this login: 16 to 64 of A-Z a-z 0-9 _ -. The same code, requestId and username sent again within five minutes, with the right password, answer the same session. Keep it as secret as the code.',
  })
  readonly requestId!: string | null | undefined;

  @Field(() => String, { description: 'The username of the account, in either case.' })
  readonly username!: string;

  @Field(() => String, { description: 'Its password, exactly as it was chosen.' })
  readonly password!: string;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      "Whether the phone's identity comes to the account for good: then later logins by code are the account's, too. Else only this session is. Null is false.",
  })
  readonly link!: boolean | null;
}

@InputType('ChangePasswordInput', { description: 'The password as it is, and as it shall be.' })
export class ChangePasswordInput {
  @Field(() => String, { description: "The password of the viewer's user." })
  readonly currentPassword!: string;

  @Field(() => String, {
    description: '8 to 1024 characters of any kind. Not the username, and none of those that everybody tries first.',
  })
  readonly newPassword!: string;
}

@ObjectType('ChangePasswordPayload', {
  description: "The password has changed, and all other sessions of the viewer's user have ended everywhere.",
})
export class ChangePasswordPayload {
  @Field(() => Int, { description: 'How many live sessions have ended with this request.' })
  readonly sessionsEnded!: number;
}
