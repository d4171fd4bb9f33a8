import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import pg, { escapeIdentifier } from "pg";
import { expect } from "vitest";
import type { Stack, StackOptions } from "../../local/stack.ts";
import { type Fixture, type PostgresDatabase, startPostgresStack } from "../support/fixture.ts";
import { putValue } from "../support/operator.ts";
import { newUser, type User, type UserOptions } from "../support/users.ts";

/** A user with a secret, and the master that prepares its clone. */
export interface Users extends User {
  readonly clone: string;
  readonly master: Master;
}

export interface Master {
  readonly arn: string;
  readonly username: string;
  readonly password: string;
}

export interface UsersOptions extends UserOptions {
  /** Keys of the master secret besides those of the login, or instead of them; undefined takes one away. */
  readonly masterSecret?: Record<string, unknown>;
  /** What the master is, as CREATE ROLE says it; CREATEROLE unless told. */
  readonly attributes?: string;
  /** The master may administer the user, where servers ask for that. It may not unless told so: `true`. */
  readonly administers?: boolean;
}

export type Session = pg.Client & AsyncDisposable;

export function startMasterStack(
  database: { readonly caFile: string },
  options: Partial<StackOptions> = {},
): Promise<Stack> {
  return startPostgresStack(database, { bundle: "postgres-master-user", ...options });
}

let masters = 0;

/** By default a master is what a careful administrator makes: CREATEROLE, ADMIN OPTION on the user, and no more. */
export async function newPair(fixture: Fixture, options: UsersOptions = {}): Promise<Users> {
  const { database, stack } = fixture;
  masters++;
  const username = `admin_${masters}`;
  const password = `master-${randomUUID()}`;
  const { attributes = "CREATEROLE", administers = true, masterSecret, ...ofUser } = options;
  await database.createUser(username, password);
  await database.server.query(`ALTER ROLE ${username} ${attributes}`);
  const value = { ...database.address, username, password, ...masterSecret };
  const arn = await stack.createSecret(`master-${masters}`, value);
  const secret = { masterarn: arn, ...options.secret };
  const user = await newUser(fixture, { username: `user_${masters}`, ...ofUser, secret });
  if (administers) await letAdminister(database, username, user.username);
  return { ...user, clone: `${user.username}_clone`, master: { arn, username, password } };
}

/** A user that exists before any rotation, which the users' master may administer. */
export async function existing(
  database: PostgresDatabase,
  { master }: Users,
  username: string,
  alterations = "",
): Promise<void> {
  await database.createUser(username, "its own");
  await letAdminister(database, master.username, username);
  if (alterations) await database.server.query(alterations);
}

/** Changes keys of the users' secret by hand. */
export async function edit(stack: Stack, { arn }: Users, keys: Record<string, unknown>): Promise<void> {
  await putValue(stack, arn, { ...(await stack.value(arn)), ...keys });
}

/** Before PostgreSQL 16 nothing is needed for it, and there was no membership for administering only. */
async function letAdminister({ server }: PostgresDatabase, master: string, role: string): Promise<void> {
  const { rows } = await server.query("SHOW server_version_num");
  if (rows[0].server_version_num < 160_000) return;
  await server.query(
    `GRANT ${escapeIdentifier(role)} TO ${escapeIdentifier(master)} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
  );
}

export async function rotated({ stack }: Fixture, { arn }: { readonly arn: string }): Promise<void> {
  expect(await stack.rotate(arn)).toEqual({ succeeded: true, error: undefined });
}

/** Logs in as an application does: over TLS, with a password. */
export async function openAs(
  database: PostgresDatabase,
  username: string,
  password: string,
  dbname = "postgres",
): Promise<Session> {
  const { host, port } = database.server;
  const ssl = { ca: await readFile(database.caFile, "utf8") };
  const client = new pg.Client({ host, port, ssl, user: username, password, database: dbname });
  client.on("error", () => {});
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

/** Logs in with what applications read at this moment. */
export async function openCurrent(
  { database, stack }: Fixture,
  { arn }: { readonly arn: string },
  dbname?: string,
): Promise<Session> {
  const { username, password } = await stack.value(arn);
  return openAs(database, String(username), String(password), dbname);
}

/** The first column of a query's result. */
export async function column(
  session: { query(text: string): Promise<{ rows: Record<string, unknown>[] }> },
  query: string,
): Promise<unknown[]> {
  const { rows } = await session.query(query);
  return rows.map((row) => Object.values(row)[0]);
}

/** What the function warned of since it was started, for this secret. */
export function warnings({ log }: Stack, { arn }: { readonly arn: string }): string[] {
  return log
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter(({ level, secret }) => level === "WARN" && secret === arn)
    .map(({ message }) => String(message));
}

/** Who a user of the secret is at the server: what it logs in as, and what it acts as. */
export async function whoIs(fixture: Fixture, users: Users): Promise<{ login: string; acts: string }> {
  await using session = await openCurrent(fixture, users);
  const { rows } = await session.query("SELECT session_user AS login, current_user AS acts");
  return rows[0];
}

/** Runs statements as an application does, with what it reads at this moment. */
export async function execute(fixture: Fixture, users: Users, ...statements: string[]): Promise<void> {
  await using session = await openCurrent(fixture, users);
  for (const statement of statements) await session.query(statement);
}

/** Afterward the turn is the same user's as before. */
export async function rotatedTwice(fixture: Fixture, users: Users): Promise<void> {
  await rotated(fixture, users);
  await rotated(fixture, users);
}
