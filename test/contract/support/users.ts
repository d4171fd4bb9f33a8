import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import type { Invocation, Login, Pair, Session } from "../../../shared/engine/engine.ts";
import { type Deadline, deadlineOf } from "../../../shared/protocol/deadline.ts";
import { readSettings } from "../../../shared/secret/settings.ts";
import type { UserSession } from "../contract-server.ts";
import { type Context, newName, newPassword } from "./context.ts";

export interface User {
  readonly username: string;
  readonly password: string;
}

export async function newUser(
  { server }: Context,
  { username = newName("user"), password = newPassword() }: Partial<User> = {},
): Promise<User> {
  await server.database.createUser(username, password);
  return { username, password };
}

/** How the secret of a user of the contract's server says to log in. */
export function loginOf({ server }: Context, user: User, changes: Partial<Login> = {}): Login {
  const { host, port, dbname } = server.database.address;
  return { host, port, database: dbname, ...user, tls: { serverName: undefined }, ...changes };
}

export interface TestInvocation extends Invocation, Disposable {
  /** What the engine has logged. */
  readonly logged: readonly string[];
}

/** One invocation of a function with so much time left, trusting the contract's server. */
export function invoked(
  { caFile }: Pick<Context, "caFile">,
  milliseconds = 20_000,
  deadline: Deadline = deadlineOf({ getRemainingTimeInMillis: () => milliseconds }),
): TestInvocation {
  const logged: string[] = [];
  const record = (message: string, details?: object) => {
    logged.push(`${message} ${JSON.stringify(details)}`);
  };
  return {
    deadline,
    settings: readSettings({ DATABASE_CA_FILE: caFile }),
    log: { info: record, warn: record, error: record },
    logged,
    [Symbol.dispose]: () => deadline[Symbol.dispose](),
  };
}

/** Logs in with the engine, as a user whom the server must let in. */
export async function connected(
  context: Context,
  user: User,
  invocation: Invocation,
  changes: Partial<Login> = {},
): Promise<Session> {
  const session = await context.engine.connect(loginOf(context, user, changes), invocation);
  return session ?? expect.fail("The server takes the password, and connect said that it was rejected.");
}

/** Logs in without the engine; undefined if the server does not let the user in, for whatever reason. */
export function opened({ server }: Context, { username, password }: User): Promise<UserSession | undefined> {
  return server.open(username, password).catch(() => undefined);
}

export async function logsIn(context: Context, user: User): Promise<boolean> {
  await using session = await opened(context, user);
  return session !== undefined;
}

/** Waits until the server has no session of the user any more: it notices the end of one after the client. */
export async function expectNoSession({ server }: Context, username: string): Promise<void> {
  const end = performance.now() + 2000;
  while ((await server.openSessions(username)) > 0) {
    expect(performance.now(), `The server still has a session of ${username}.`).toBeLessThan(end);
    await wait(20);
  }
}

/** Two users who take turns, the master who prepares them, and what the master is given for it. */
export interface Twins {
  readonly base: User;
  readonly clone: string;
  readonly master: User;
  /** Seen from a rotation in which the base user is the current one; the other way round after that. */
  readonly pair: Pair;
  readonly turned: Pair;
}

export async function newTwins(context: Context, username = newName("user")): Promise<Twins> {
  const base = await newUser(context, { username });
  const master = { username: newName("master"), password: newPassword() };
  await context.server.database.createMaster(master.username, master.password, username);
  return { base, master, clone: `${username}_clone`, ...pairsOf(username, `${username}_clone`) };
}

export function pairsOf(base: string, clone: string): { readonly pair: Pair; readonly turned: Pair } {
  return {
    pair: { current: base, alternate: clone, clone: "alternate" },
    turned: { current: clone, alternate: base, clone: "current" },
  };
}

/** Has the engine prepare the alternate user, as the strategy does. */
export async function prepare(context: Context, twins: Twins, pair: Pair, password: string): Promise<User> {
  using invocation = invoked(context);
  await using master = await connected(context, twins.master, invocation);
  await master.prepareAlternate(pair, password);
  return { username: pair.alternate, password };
}
