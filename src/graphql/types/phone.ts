import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { ViewerType } from './viewer.js';

@InputType('BindPhoneNumberInput', {
  description: 'What the phone button gave: a `code`, or in older versions of WeChat `encryptedData` and `iv`.',
})
export class BindPhoneNumberInput {
  @Field(() => String, {
    nullable: true,
    description:
      'The code from the button with open-type getPhoneNumber: single use, five minutes; not the one of wx.login. 1 to 128 of A-Z a-z 0-9 _ - .',
  })
  readonly code!: string | null | undefined;

  @Field(() => String, { nullable: true, description: 'In base64, as sent by the button. Goes with `iv`.' })
  readonly encryptedData!: string | null | undefined;

  @Field(() => String, { nullable: true, description: 'In base64, as sent by the button.' })
  readonly iv!: string | null | undefined;
}

@ObjectType('BindPhoneNumberPayload', { description: "The viewer's user has the phone number." })
export class BindPhoneNumberPayload {
  @Field(() => ViewerType, { description: 'Who has it.' })
  readonly viewer!: ViewerType;
}

@ObjectType('PhoneError', { description: 'Why the phone number of a login was not kept. The login stands.' })
export class PhoneError {
  @Field(() => String, { description: 'One of the error codes.' })
  readonly code!: string;

  @Field(() => String, { description: 'A sentence for developers.' })
  readonly message!: string;

  @Field(() => String, { nullable: true, description: 'As in `extensions.reason` of errors.' })
  readonly reason!: string | null;

  @Field(() => Int, { nullable: true, description: 'How long to wait before the next try.' })
  readonly retryAfterSeconds!: number | null;
}
