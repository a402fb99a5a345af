/** Whether a password is one of those that guessers begin with, in whichever case. */
export type PasswordBlocklist = (password: string) => Promise<boolean>;

/**
 * Loads the list when it is asked for first.
 *
 * @param minLength shorter ones are refused anyway, and not kept
 */
export function createPasswordBlocklist(minLength: number): PasswordBlocklist {
  let loading: Promise<ReadonlySet<string>> | null = null;

  async function load(): Promise<ReadonlySet<string>> {
    const { dictionary } = await import('@zxcvbn-ts/language-common');
    return new Set(dictionary['passwords-common'].filter((password) => password.length >= minLength));
  }

  return async (password) => {
    loading ??= load();
    // The list is in lower case.
    return (await loading).has(password.toLowerCase());
  };
}
