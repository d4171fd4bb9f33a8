import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Harness } from "../harness.ts";
import type { Monitor } from "../monitor.ts";

/** What a process may have changed, by what it is called in a sentence. */
export type State = Readonly<Record<string, unknown>>;

/** Milliseconds until the server has noticed that a client is gone. */
const GONE_MS = 3000;

/** The secret, and all that the server knows of its users, once none of their sessions is left or after GONE_MS. */
export async function stateOf({ server }: Harness, { look, subject }: Monitor): Promise<State> {
  const { users } = subject;
  const isAlone = async () => {
    const sessions = await Promise.all(users.map((user) => server.openSessions(user)));
    return sessions.every((count) => count === 0);
  };
  for (const end = Date.now() + GONE_MS; Date.now() < end && !(await isAlone()); ) await wait(50);
  const { labels, values, working, enabled } = await look();
  const known = users.map(async (user) => [
    `the user ${user}`,
    await Promise.all([server.fingerprint(user), server.traits(user)]),
  ]);
  return {
    "the staging labels": labels,
    "values of the secret": values,
    "which passwords log in": working,
    "the rotation settings": enabled,
    ...Object.fromEntries(await Promise.all(known)),
  };
}

export function changesBetween(before: State, after: State): string[] {
  return Object.keys(before).filter((what) => !isDeepStrictEqual(before[what], after[what]));
}
