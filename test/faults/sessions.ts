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
