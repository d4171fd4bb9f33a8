import { randomUUID } from "node:crypto";
import type { PostgresServer } from "../../local/servers/postgres/server.ts";
import type { Fixture } from "./fixture.ts";

/** A role of the server and the secret that an application finds its login in. */
export interface User {
  readonly arn: string;
  readonly username: string;
  /** What both began with. */
  readonly password: string;
}

export interface UserOptions {
  readonly username?: string;
  readonly password?: string;
  /** Keys of the secret besides those of the login, or instead of them. */
  readonly secret?: Record<string, unknown>;
}

let users = 0;

export async function newUser({ database, stack }: Fixture, options: UserOptions = {}): Promise<User> {
  users++;
  const { username = `app_${users}`, password = `first-${randomUUID()}`, secret } = options;
  await database.createUser(username, password);
  const value = { ...database.address, username, password, ...secret };
  return { username, password, arn: await stack.createSecret(`secret-${users}`, value) };
}

/** What the server stores instead of the password: another text after every change, even to the same password. */
export async function storedPassword(server: PostgresServer, username: string): Promise<string> {
  const { rows } = await server.query("SELECT rolpassword FROM pg_authid WHERE rolname = $1", [username]);
  return rows[0].rolpassword;
}

/** What a failed rotation must leave alone: what applications read, and what the server compares it with. */
export async function whatApplicationsUse({ database, stack }: Fixture, { arn, username }: User) {
  const labels = await stack.labels(arn);
  return {
    current: Object.keys(labels).filter((version) => labels[version]?.includes("AWSCURRENT")),
    value: await stack.value(arn),
    stored: await storedPassword(database.server, username),
  };
}

export async function currentPassword({ stack }: Pick<Fixture, "stack">, { arn }: User): Promise<string> {
  return String((await stack.value(arn)).password);
}
