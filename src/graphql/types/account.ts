import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { ViewerType } from './viewer.js';

@InputType('LinkIdentityInput', { description: "Which identity comes to the viewer's user." })
export class LinkIdentityInput {
  @Field(() => String, {
    description: 'A code of that identity: single use, five minutes. 1 to 128 of A-Z a-z 0-9 _ - .',
  })
  readonly code!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The mini-program the code is of. Needed only when this deployment has more than one.',
  })
  readonly appid!: string | null | undefined;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      "Whether another user who has the identity is joined with the viewer's: all identities come to the viewer's user, who keeps their own username, phone number, nickname and avatar, or takes the other's where they have none. The other's sessions end; the other's id names the viewer's user from then on. Cannot be taken back. Null is false.",
  })
  readonly merge!: boolean | null;
}

@ObjectType('LinkIdentityPayload', { description: "The identity is the viewer's user's." })
export class LinkIdentityPayload {
  @Field(() => ViewerType, { description: 'Who has it now.' })
  readonly viewer!: ViewerType;
}

@InputType('UnlinkIdentityInput', { description: "Which identity is taken from the viewer's user." })
export class UnlinkIdentityInput {
  @Field(() => ID, { description: "The `id` of one of the user's identities." })
  readonly id!: string;
}

@ObjectType('UnlinkIdentityPayload', { description: "No identity of the viewer's user has this id." })
export class UnlinkIdentityPayload {
  @Field(() => ViewerType, {
    description: 'Who asked. When it was the identity of this very session, the session has ended.',
  })
  readonly viewer!: ViewerType;
}

@InputType('UpdateProfileInput', {
  description: 'What the person says of themselves. What is left out stays as it is; null takes it away.',
})
export class UpdateProfileInput {
  @Field(() => String, {
    nullable: true,
    description: '1 to 64 characters of any script, without control characters. Kept without spaces around it, in NFC.',
  })
  readonly nickname!: string | null | undefined;

  @Field(() => String, { nullable: true, description: 'An https URL of at most 2048 characters. Nobody fetches it.' })
  readonly avatarUrl!: string | null | undefined;
}

@ObjectType('UpdateProfilePayload', { description: 'What the person says of themselves is kept.' })
export class UpdateProfilePayload {
  @Field(() => ViewerType, { description: 'Who said it.' })
  readonly viewer!: ViewerType;
}

@InputType('CloseAccountInput', { description: 'The proof that it is the person who asks.' })
export class CloseAccountInput {
  @Field(() => String, {
    description:
      'A fresh code from wx.login, in the mini-program that the viewer is signed in through. 1 to 128 of A-Z a-z 0-9 _ - .',
  })
  readonly code!: string;
}

@ObjectType('CloseAccountPayload', {
  description: 'The account is closed, and all its sessions have ended everywhere.',
})
export class CloseAccountPayload {
  @Field(() => Boolean, { description: 'True: what fails is an error.' })
  readonly closed!: boolean;
}
