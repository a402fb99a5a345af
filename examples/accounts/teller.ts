import type { Answer, OpenApp, Refusal } from './phone.js';

/** Tells a story in lines: who asked what, with what, and what came back. */
export interface Teller {
  /** What happens, in a person's words. */
  scene(text: string): void;
  /** One request, with what came back. */
  tell<Result>(from: OpenApp, asked: string, sent: string, answer: Answer<Result>, came: (data: Result) => Lines): void;
  /** `user 1`, and the same again for the same id: real ids are random. */
  user(id: string): string;
}

type Lines = string | readonly string[];

export function createTeller(print: (line: string) => void): Teller {
  const users: string[] = [];
  let scenes = 0;

  return {
    scene: (text) => {
      scenes += 1;
      print('');
      print(`${scenes}. ${text}`);
    },
    tell: (from, asked, sent, answer, came) => {
      const request = `   ${from.name.padEnd(20)}${asked.padEnd(19)}${sent.padEnd(25)} -> `;
      const [first = '', ...others] = linesOf('data' in answer ? came(answer.data) : refusalOf(answer.refusal));
      print(`${request}${first}`);
      for (const line of others) print(' '.repeat(request.length) + line);
    },
    user: (id) => {
      if (!users.includes(id)) users.push(id);
      return `user ${users.indexOf(id) + 1}`;
    },
  };
}

function linesOf(lines: Lines): readonly string[] {
  return typeof lines === 'string' ? [lines] : lines;
}

function refusalOf({ code, reason, mergeable }: Refusal): string {
  return [code, reason, mergeable === true ? 'mergeable' : undefined].filter((word) => word !== undefined).join(', ');
}
