import type { FaultGroup } from './fault.js';

const HERE = 'test/faults/sessions.test.ts';

/** Sessions under races, and what is seen without one. */
export const sessionFaults: FaultGroup = {
  faults: [
    {
      number: 99,
      fault: 'A hundred requests carry a token at the moment of its logout.',
      guard: 'touch-never-creates',
      test: HERE,
      title: '100 requests with a token at the moment of its logout: none that comes after the answer is served',
    },
    {
      number: 100,
      fault: 'A logout comes twice, or with a token that has expired.',
      guard: 'logout-needs-no-viewer',
      test: HERE,
      title: 'a logout is a success for a token that was logged out, has expired, or never was',
    },
    {
      number: 101,
      fault: 'A login carries a token that is still good.',
      guard: 'carried-token-ends',
      test: HERE,
      title: 'a login that carries a good token answers another one, and the old one is dead everywhere',
    },
    {
      number: 102,
      fault: 'Fifty logins of one user come at once, and there may be few sessions.',
      guard: 'cap-at-commit',
      test: 'test/flows/session-protocol.test.ts',
      title: 'logins beyond SESSIONS_PER_USER end the oldest, under 50 at once with a store that fails for a third',
    },
    {
      number: 103,
      fault: 'All sessions of a user are ended while a login is under way.',
      guard: 'opening-is-marked',
      test: 'test/flows/ending.test.ts',
      title: 'refuses one when %s',
    },
    {
      number: 106,
      fault: 'A request comes a millisecond before the end of its session, and one at it.',
      guard: 'over-at-until',
      test: 'test/flows/lifetimes.test.ts',
      title: 'unused, it is good until a millisecond before its idle end, and refused at it',
    },
    {
      number: 107,
      fault: 'The sealed session_keys of two users are swapped.',
      guard: 'sealed-for-its-place',
      test: 'test/users/sealed-keys.test.ts',
      title: 'swapped between two rows do not open: they are counted as closed, and not sealed anew',
    },
    {
      number: 108,
      fault: 'A sealed session_key has a flipped bit, a short tag, or the name of another key.',
      guard: 'changed-does-not-open',
      test: 'test/users/sealed-keys.test.ts',
      title: 'with %s do not open, and their login brings new ones',
      row: 'a flipped bit',
    },
    {
      number: 109,
      fault: 'A field that nobody thought of answers without a token.',
      guard: 'open-fields-are-listed',
      test: HERE,
      title: 'of all fields of all types, those listed as public are the only ones that answer without a token',
    },
    {
      number: 110,
      fault: 'A field has a guard that is never asked.',
      guard: 'guards-are-asked',
      test: 'test/contract/public-fields.test.ts',
      title:
        'every field of the schema is listed as public or guarded where something asks, and every listed one exists',
    },
  ],
  guards: {
    'touch-never-creates': {
      keeps: 'Writing down that a session was used never brings back one that has ended.',
      off: [{ file: 'src/auth/touch.ts', from: 'await sessionStore.replace(', to: 'await sessionStore.set(' }],
    },
    'logout-needs-no-viewer': {
      keeps: 'Whoever wants to be logged out is, whatever their token is worth.',
      off: [
        {
          file: 'src/graphql/resolvers/logout.ts',
          from: 'const { ended } =',
          to: 'void context.viewer;\n    const { ended } =',
        },
      ],
    },
    'carried-token-ends': {
      keeps: 'The session that a login replaces is over when the login is answered.',
      off: [{ file: 'src/auth/log-in.ts', from: 'await endCarried(parts, opened, carriedHash);', to: '' }],
    },
    'sealed-for-its-place': {
      keeps: 'What is sealed for one identity opens for no other.',
      off: [
        { file: 'src/lib/seal.ts', from: '  cipher.setAAD(place);\n', to: '' },
        { file: 'src/lib/seal.ts', from: '    decipher.setAAD(place);\n', to: '' },
      ],
    },
    'changed-does-not-open': {
      keeps: 'Of a sealed text that was changed nothing is read.',
      off: [{ file: 'src/lib/seal.ts', from: ', decipher.final()]', to: ']' }],
    },
    'open-fields-are-listed': {
      keeps: 'Every field asks for a viewer, or is one of those that are listed as public.',
      off: [
        {
          file: 'src/graphql/resolvers/viewer.ts',
          from: '  @Query(() => ViewerType, {',
          to: "  @Query(() => String)\n  forgotten(): string {\n    return '';\n  }\n\n  @Query(() => ViewerType, {",
        },
      ],
    },
    'guards-are-asked': {
      keeps: 'A field that asks for a viewer has a resolver, which is what asks.',
      off: [
        { file: 'src/graphql/types/user.ts', from: 'import { Field,', to: 'import { Authorized, Field,' },
        {
          file: 'src/graphql/types/user.ts',
          from: '  @Field(() => Date, {',
          to: '  @Authorized()\n  @Field(() => String, { simple: true })\n  readonly phone!: string;\n\n  @Field(() => Date, {',
        },
      ],
    },
  },
};
