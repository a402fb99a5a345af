import type { Command } from './command.js';
import { helpText } from './help.js';

/** Imported when they are asked for: the help needs no GraphQL, and the simulator no store. */
export const commands: Readonly<Record<string, Command>> = {
  start: {
    usage: '',
    doc: ['Serves until Ctrl-C. Without WeChat credentials', 'a simulated WeChat stands in.'],
    options: [],
    maxWords: 0,
    run: async () => (await import('./start.js')).start(),
  },
  code: {
    usage: '[user]',
    doc: [
      'Prints what wx.login gives the phone of a test',
      'user: alice, if none is named. Asks the gateway',
      'or simulator on PORT, or on --port <number>;',
      '--app <appid>: of several, --fault busy: fails.',
    ],
    options: ['port', 'app', 'fault'],
    maxWords: 1,
    run: async (given) => (await import('./fetch-code.js')).fetchCode(given),
  },
  simulate: {
    usage: '',
    doc: [
      'Runs a simulated WeChat alone, and prints the',
      'settings of a gateway for it. --port <number>,',
      '--appid <appid>, --secret <secret> choose them.',
    ],
    options: ['port', 'appid', 'secret'],
    maxWords: 0,
    run: async (given) => (await import('./simulate.js')).simulate(given),
  },
  'check-config': {
    usage: '',
    doc: ['Says what is wrong with the settings, no more.'],
    options: [],
    maxWords: 0,
    run: async () => (await import('./check-config.js')).checkConfig(print),
  },
  schema: {
    usage: '',
    doc: ['Prints the GraphQL schema.'],
    options: [],
    maxWords: 0,
    run: async () => (await import('./schema.js')).schema(process.stdout),
  },
  sessions: {
    usage: 'list|revoke|reconcile',
    doc: ['Of a person: --user <id>, --openid <id>;', 'of all: revoke --all, reconcile after a backup.'],
    actions: {
      list: {
        usage: '--user <id> | --openid <openid> [--appid <appid>] [--json]',
        options: ['user', 'openid', 'appid'],
        flags: ['json'],
        maxWords: 0,
        run: async (given) => (await import('./list-sessions.js')).listSessions(given, streams()),
      },
      revoke: {
        usage: '--user <id> | --openid <openid> [--appid <appid>] | --all --yes',
        options: ['user', 'openid', 'appid'],
        flags: ['all', 'yes'],
        maxWords: 0,
        run: async (given) => (await import('./revoke-sessions.js')).revokeSessions(given, streams()),
      },
      reconcile: {
        usage: '[--dry-run]',
        options: [],
        flags: ['dry-run'],
        maxWords: 0,
        run: async (given) => (await import('./reconcile-sessions.js')).reconcileSessions(given, streams()),
      },
    },
  },
  users: {
    usage: 'list|show|ban|unban|merge',
    doc: ['Who there is; who must stay out.'],
    actions: {
      list: {
        usage: '[--tenant <tenant>] [--banned] [--limit <number>] [--json]',
        options: ['tenant', 'limit'],
        flags: ['banned', 'json'],
        maxWords: 0,
        run: async (given) => (await import('./list-users.js')).listAllUsers(given, streams()),
      },
      show: {
        usage: '--user <id> | --openid <openid> [--appid <appid>] | --username <username> [--tenant <tenant>] [--json]',
        options: ['user', 'openid', 'appid', 'username', 'tenant'],
        flags: ['json'],
        maxWords: 0,
        run: async (given) => (await import('./show-user.js')).showUser(given, streams()),
      },
      ban: {
        usage: '--user <id> | --openid <openid> [--appid <appid>]',
        options: ['user', 'openid', 'appid'],
        maxWords: 0,
        run: async (given) => (await import('./ban-user.js')).ban(given, streams()),
      },
      unban: {
        usage: '--user <id> | --openid <openid> [--appid <appid>]',
        options: ['user', 'openid', 'appid'],
        maxWords: 0,
        run: async (given) => (await import('./ban-user.js')).unban(given, streams()),
      },
      merge: {
        usage: '--into <id> --user <id> [--dry-run | --yes]',
        options: ['into', 'user'],
        flags: ['dry-run', 'yes'],
        maxWords: 0,
        run: async (given) => (await import('./merge-users.js')).mergeUsers(given, streams()),
      },
    },
  },
  audit: {
    usage: '',
    doc: ['What happened: --user <id>, --openid <openid>,', '--since <7d or 2026-01-31>, --type <event>.'],
    options: ['user', 'openid', 'appid', 'since', 'type'],
    flags: ['json'],
    maxWords: 0,
    run: async (given) => (await import('./audit.js')).audit(given, streams()),
  },
  keys: {
    usage: 'status|reseal',
    doc: ['What each key seals; reseals it under the first.'],
    actions: {
      status: {
        usage: '',
        options: [],
        maxWords: 0,
        run: async () => (await import('./keys.js')).keysStatus(streams()),
      },
      reseal: {
        usage: '',
        options: [],
        maxWords: 0,
        run: async () => (await import('./keys.js')).resealKeys(streams()),
      },
    },
  },
  wechat: {
    usage: 'check|reset',
    doc: ['The session_key of a person: --openid <id>.'],
    actions: {
      check: {
        usage: '--openid <openid> [--appid <appid>]',
        options: ['openid', 'appid'],
        maxWords: 0,
        run: async (given) => (await import('./wechat-session-key.js')).checkSessionKey(given, streams()),
      },
      reset: {
        usage: '--openid <openid> [--appid <appid>]',
        options: ['openid', 'appid'],
        maxWords: 0,
        run: async (given) => (await import('./wechat-session-key.js')).resetSessionKey(given, streams()),
      },
    },
  },
  help: {
    usage: '',
    doc: ['Prints this.'],
    options: [],
    maxWords: 1,
    run: () => {
      print(helpText(commands));
      return 0;
    },
  },
};

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function streams() {
  return { out: process.stdout, err: process.stderr };
}
