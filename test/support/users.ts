import { randomUUID } from "node:crypto";
import type { PostgresServer } from "../../local/servers/postgres/server.ts";
import type { Fixture } from "./fixture.ts";

/** A role of the server, and the secret with its login, which an application reads. */
export interface User {
  readonly arn: string;
  readonly username: string;
  /** The first password of the role and of the secret. */
  readonly password: string;
}

export interface UserOptions {
  readonly username?: string;
  readonly password?: string;
  /** Keys of the secret in addition to those of the login, or in place of them. */
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

/**
 * The text that the server stores in place of the password. It differs after every change, even to the same password.
 */
export async function storedPassword(server: PostgresServer, username: string): Promise<string> {
  const { rows } = await server.query("SELECT rolpassword FROM pg_authid WHERE rolname = $1", [username]);
  return rows[0].rolpassword;
}

/**
 * State that a failed rotation must not change: the value that applications read, and the stored password that the
 * server compares it with.
 */
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
