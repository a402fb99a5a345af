import type { FaultGroup } from './fault.js';

const TRIES = 'test/flows/password-tries.test.ts';

/** What is tried with passwords, and with the people of development. */
export const passwordFaults: FaultGroup = {
  faults: [
    {
      number: 111,
      fault: 'Somebody asks which usernames there are, by logging in to them.',
      guard: 'hashes-for-nobody',
      test: TRIES,
      title: 'that is wrong is answered as one for nobody: same body, status, headers and number of hashes',
    },
    {
      number: 112,
      fault: 'A password has 73 bytes, a megabyte, a NUL, or is composed in another way.',
      guard: 'passwords-are-nfc',
      test: 'test/users/passwords.test.ts',
      title: 'differs or not by %s',
      row: 'composed or not',
    },
    {
      number: 113,
      fault: 'Passwords are tried one after another, at once, by aliases, or at two gateways.',
      guard: 'tries-count-first',
      test: TRIES,
      title: 'that come at once are as many, and no more are hashed',
    },
    {
      number: 114,
      fault: 'Production is started with nothing but the simulator to log in with.',
      guard: 'production-has-apps',
      test: 'test/config.test.ts',
      title: 'production without anything asks for an app and a key',
    },
  ],
  guards: {
    'hashes-for-nobody': {
      keeps: 'Who is not there costs as many hashes as who is.',
      off: [{ file: 'src/users/passwords.ts', from: "await hasher.verify(normal ?? '', dummy);", to: '' }],
    },
    'passwords-are-nfc': {
      keeps: 'A password is the same however a keyboard composes it.',
      off: [{ file: 'src/users/passwords.ts', from: "? null : password.normalize('NFC')", to: '? null : password' }],
    },
    'tries-count-first': {
      keeps: 'Tries at a password are counted, and before they are judged.',
      off: [
        {
          file: 'src/auth/check-password.ts',
          from: 'await limitPasswords(attempt);',
          to: 'async () => void (await limitPasswords(attempt));',
        },
      ],
    },
    'production-has-apps': {
      keeps: 'Production does not start without an app of its own.',
      off: [{ file: 'src/config.ts', from: '|| !mustHaveApps) return', to: '|| appid === null) return' }],
    },
  },
};
