/** What the fleet's databases accept, one user each who changes his own password. */
export interface Passwords {
  /** Which one logs in. */
  of(secretArn: string): string | undefined;
  /** setSecret is done with that password. */
  set(secretArn: string, password: string): void;
  /** AWSCURRENT has moved to it. */
  promote(secretArn: string): void;
  /** Of each rotation that came to its end, how many milliseconds AWSCURRENT did not log in. */
  readonly windows: readonly number[];
}

export function createPasswords(now: () => number): Passwords {
  const passwords = new Map<string, { readonly password: string; readonly since: number }>();
  const windows: number[] = [];
  return {
    windows,
    of: (secretArn) => passwords.get(secretArn)?.password,
    set: (secretArn, password) => {
      if (passwords.get(secretArn)?.password !== password)
        passwords.set(secretArn, { password, since: now() });
    },
    promote: (secretArn) => {
      const set = passwords.get(secretArn);
      if (set) windows.push(now() - set.since);
    },
  };
}
