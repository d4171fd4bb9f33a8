import { expect } from "vitest";
import type { Pair } from "../../../shared/engine/pair.ts";
import type { Privilege, UserSession } from "../contract-server.ts";
import { type Context, newName } from "./context.ts";
import { newUser, type PairOfUsers, type User } from "./users.ts";

const PRIVILEGES: readonly Privilege[] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

/** @returns its name. */
export async function newTable({ server }: Context): Promise<string> {
  const name = newName("table");
  await server.createTable(name);
  return name;
}

/** The one of the two that a person grants to and revokes from. */
export function sourceOfTruth({ server }: Context, { base }: PairOfUsers, { current }: Pair): string {
  return server.sourceOfTruth === "base" ? base.username : current;
}

/** What the user of a session may do with a table: every privilege is tried. */
export async function privilegesOf(
  _context: Pick<Context, "server">,
  session: UserSession,
  table: string,
): Promise<Privilege[]> {
  const allowed: Privilege[] = [];
  for (const privilege of PRIVILEGES) {
    if (await session.may(privilege, table)) allowed.push(privilege);
  }
  return allowed;
}

/** Logs the user in and tries what it may do. */
export async function mayDo(context: Context, user: User, table: string): Promise<Privilege[]> {
  await using session = await context.server.open(user.username, user.password);
  return await privilegesOf(context, session, table);
}

/** Whether the user can hand a privilege on, seen by whether another user has it then: some servers only warn. */
export async function mayGrant(
  context: Context,
  user: User,
  privilege: Privilege,
  table: string,
): Promise<boolean> {
  const witness = await newUser(context);
  await using session = await context.server.open(user.username, user.password);
  await session.grant(privilege, table, witness.username);
  const allowed = await mayDo(context, witness, table);
  expect(allowed.every((one) => one === privilege)).toBe(true);
  return allowed.length > 0;
}
