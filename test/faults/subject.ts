import { randomUUID } from "node:crypto";
import type { Harness } from "./harness.ts";

/** A user whose secret is rotated, with all who belong to it. Nothing of it is shared with other subjects. */
export interface Subject {
  readonly arn: string;
  /** Of its secret and, if there is one, of its master's. */
  readonly secrets: readonly string[];
  /** The base user. */
  readonly username: string;
  /** Whoever is or may come to be: the base user, its clone and the master. */
  readonly users: readonly string[];
  /** What the secrets began with. Those that were rotated in since are in the versions of the secret. */
  readonly firstPasswords: readonly string[];
  /** What the user may SELECT from and UPDATE, but not INSERT into or DELETE from. */
  readonly table: string;
  /** Whether AWSCURRENT must log in at every instant; otherwise AWSPENDING may stand in between setSecret and finishSecret. */
  readonly alwaysCurrent: boolean;
}

export interface SubjectOptions {
  /** Lets a single user keep its old password beside the new one, where the product can. */
  readonly keepsOldPassword?: boolean;
  /** How often it has been rotated before: after the first rotation of two users the clone exists. */
  readonly rotations?: number;
}

/** How many sessions of its own each user may have. */
export const CONNECTIONS = 50;

let subjects = 0;

export async function newSubject(harness: Harness, options: SubjectOptions = {}): Promise<Subject> {
  const { server, stack, gate, strategy } = harness;
  const { database } = server;
  subjects++;
  const username = `app${subjects}`;
  const master = `master${subjects}`;
  const table = `fact${subjects}`;
  const [password, masterPassword] = [`Pw-${randomUUID()}`, `Pw-${randomUUID()}`];
  const address = { ...database.address, port: gate.port };
  await database.createUser(username, password);
  await server.createTable(table);
  await server.grant("SELECT", table, username);
  await server.grant("UPDATE", table, username);
  await server.limitConnections(username, CONNECTIONS);
  if (options.keepsOldPassword) await database.letKeepOldPassword?.(username);
  const value: Record<string, unknown> = { ...address, username, password, note: { kept: true } };
  if (strategy === "master-user") {
    await database.createMaster(master, masterPassword, username);
    value.masterarn = await stack.createSecret(master, {
      ...address,
      username: master,
      password: masterPassword,
    });
  }
  const arn = await stack.createSecret(username, value);
  for (let rotation = 0; rotation < (options.rotations ?? 0); rotation++) {
    const { succeeded, error } = await stack.rotate(arn);
    if (!succeeded) throw new Error(`A rotation without any fault failed: ${error}`);
  }
  return {
    arn,
    secrets: typeof value.masterarn === "string" ? [arn, value.masterarn] : [arn],
    username,
    table,
    users: strategy === "master-user" ? [username, `${username}_clone`, master] : [username],
    firstPasswords: strategy === "master-user" ? [password, masterPassword] : [password],
    alwaysCurrent: strategy === "master-user" || options.keepsOldPassword === true,
  };
}

/** Leaves nothing on the server, so that it stays as fast as it was. */
export async function dropSubject({ server }: Harness, { users, table }: Subject): Promise<void> {
  await server.dropTable(table);
  for (const user of users.toReversed()) await server.dropUser(user);
}
