import { expect } from "vitest";
import type { Pair } from "../../../shared/engine/engine.ts";
import type { ContractServer, UserSession } from "../contract-server.ts";
import { type Context, newName } from "./context.ts";
import { newUser, type Twins, type User } from "./users.ts";

export type Privilege = "SELECT" | "INSERT" | "UPDATE" | "DELETE";

/** Statements that succeed exactly if the user has the privilege. */
const USES: Record<Privilege, (table: string) => string> = {
  SELECT: (table) => `SELECT * FROM ${table}`,
  INSERT: (table) => `INSERT INTO ${table} VALUES (1)`,
  UPDATE: (table) => `UPDATE ${table} SET id = 1`,
  DELETE: (table) => `DELETE FROM ${table}`,
};

/** @returns its name, for the functions below. */
export async function newTable({ server }: Context): Promise<string> {
  const name = newName("table");
  await server.administer(`CREATE TABLE ${server.sql.table(name)} (id INTEGER)`);
  return name;
}

export function grant(
  { sql }: ContractServer,
  privilege: Privilege,
  table: string,
  username: string,
  option: "" | "WITH GRANT OPTION" = "",
): string {
  return `GRANT ${privilege} ON ${sql.table(table)} TO ${sql.user(username)} ${option}`;
}

export function revoke(
  { sql }: ContractServer,
  privilege: Privilege,
  table: string,
  username: string,
): string {
  return `REVOKE ${privilege} ON ${sql.table(table)} FROM ${sql.user(username)}`;
}

/** The one of the two to whom a person grants, and from whom a person revokes. */
export function sourceOfTruth({ server }: Context, { base }: Twins, { current }: Pair): string {
  return server.sourceOfTruth === "base" ? base.username : current;
}

/** What the user of a session may do with a table: every privilege is tried. */
export async function privilegesOf(
  { server }: Pick<Context, "server">,
  session: UserSession,
  table: string,
): Promise<Privilege[]> {
  const allowed: Privilege[] = [];
  for (const [privilege, use] of Object.entries(USES)) {
    if (await session.run(use(server.sql.table(table)))) {
      allowed.push(privilege as Privilege); // The keys of USES.
    }
  }
  return allowed;
}

/** Logs the user in and tries what it may do. */
export async function mayDo(context: Context, user: User, table: string): Promise<Privilege[]> {
  await using session = await context.server.open(user.username, user.password);
  return await privilegesOf(context, session, table);
}

/** Whether the user can hand a privilege on, seen by whether somebody else has it then: some servers only warn. */
export async function mayGrant(
  context: Context,
  user: User,
  privilege: Privilege,
  table: string,
): Promise<boolean> {
  const witness = await newUser(context);
  await using session = await context.server.open(user.username, user.password);
  await session.run(grant(context.server, privilege, table, witness.username));
  const allowed = await mayDo(context, witness, table);
  expect(allowed.every((one) => one === privilege)).toBe(true);
  return allowed.length > 0;
}
