/** Passwords that the fleet's databases accept. Each database has one user, with the strategy single-user. */
export interface Passwords {
  /** The accepted password. */
  of(secretArn: string): string | undefined;
  /** Records that setSecret has set the password. */
  set(secretArn: string, password: string): void;
  /** Records that AWSCURRENT has moved to the version with the password. */
  promote(secretArn: string): void;
  /** Unavailability window of each finished rotation, in milliseconds. */
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
