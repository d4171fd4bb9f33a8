import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import type { Invocation, Login, OwnRotation, Session } from "../../../shared/engine/engine.ts";
import type { Pair } from "../../../shared/engine/pair.ts";
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

/** Where the server takes connections without TLS. */
export function plainPort({ server }: Pick<Context, "server">): number {
  return server.database.plainPort ?? server.database.address.port;
}

/** How the secret of a user of the contract's server says to log in. */
export function loginOf({ server }: Context, user: User, changes: Partial<Login> = {}): Login {
  const { host, dbname } = server.database.address;
  const port = changes.tls === false ? plainPort({ server }) : server.database.address.port;
  return { host, port, database: dbname, ...user, tls: { serverName: undefined }, ...changes };
}

export interface TestInvocation extends Invocation, Disposable {
  /** What the engine has logged. */
  readonly logged: readonly string[];
}

/** One invocation of a function with so much time left, which trusts the contract's server. */
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

/** A rotation that is still wanted, and was never abandoned before. */
export const WANTED: OwnRotation = { confirm: async () => {}, abandoned: async () => [] };

/** Logs in and changes the user's own password, as the single-user strategy does. */
export async function change(
  context: Context,
  user: User,
  password: string,
  rotation: OwnRotation = WANTED,
): Promise<"kept" | "ended" | "already"> {
  using invocation = invoked(context);
  await using session = await connected(context, user, invocation);
  return await session.changeOwnPassword(password, rotation);
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
export async function expectNoSession(
  { server }: Context,
  username: string,
  milliseconds = 2000,
): Promise<void> {
  const end = performance.now() + milliseconds;
  while ((await server.openSessions(username)) > 0) {
    expect(performance.now(), `The server still has a session of ${username}.`).toBeLessThan(end);
    await wait(20);
  }
}

/** Waits until the server has so many sessions of the user. */
export async function untilSessions(
  { server }: Context,
  username: string,
  count: number,
  orUntil?: Promise<unknown>,
): Promise<void> {
  let isOver = false;
  void orUntil?.then(() => {
    isOver = true;
  });
  while (!isOver && (await server.openSessions(username)) < count) await wait(20);
}

/** Two users who take turns, and the admin user who prepares them. */
export interface PairOfUsers {
  readonly base: User;
  readonly clone: string;
  readonly admin: User;
  /** Seen from a rotation in which the base user is the current one; the other way round after that. */
  readonly pair: Pair;
  readonly turned: Pair;
}

export async function newPair(context: Context, username = newName("user")): Promise<PairOfUsers> {
  const base = await newUser(context, { username });
  return { base, admin: await newAdmin(context, username), ...pairsOf(username) };
}

/** An admin user with all that it takes to prepare the clone of one user. */
export async function newAdmin({ server }: Context, of: string): Promise<User> {
  const admin = { username: newName("admin"), password: newPassword() };
  await server.database.createMaster(admin.username, admin.password, of);
  return admin;
}

export function pairsOf(base: string): Pick<PairOfUsers, "clone" | "pair" | "turned"> {
  const clone = `${base}_clone`;
  return {
    clone,
    pair: { current: base, alternate: clone, clone: "alternate" },
    turned: { current: clone, alternate: base, clone: "current" },
  };
}

/** Two users of whom a secret names both: `alternateUsername`. */
export function namedPair(current: string, alternate: string): Pair {
  return { current, alternate, clone: undefined };
}
