import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { ServedDatabase } from "../../local/servers/mysql-family/database.ts";
import { type Stack, type StackOptions, startStack } from "../../local/stack.ts";

export type Strategy = "single-user" | "master-user";

/** A user of the database, and the secret that an application finds its login in. */
export interface User {
  readonly username: string;
  /** What it began with. */
  readonly password: string;
  readonly arn: string;
  /** The user that prepares its clone, with the strategy for it. */
  readonly master: string;
}

/** The built function. A rotation that fails is not tried again by itself. */
export function stackOf(
  database: ServedDatabase,
  strategy: Strategy,
  environment: object = {},
  options: Pick<StackOptions, "onInvoke"> = {},
): Promise<Stack> {
  return startStack({
    ...options,
    bundle: `mariadb-${strategy}`,
    environment: { DATABASE_CA_FILE: database.caFile, ...environment },
    service: { attempts: 1 },
  });
}

let users = 0;

/** @param address what the secrets say of the server instead of the truth, such as the port of a proxy. */
export async function newUser(database: ServedDatabase, stack: Stack, address: object = {}): Promise<User> {
  const number = ++users;
  const [username, master] = [`user_${number}`, `master_${number}`];
  const [password, masters] = [`first-${randomUUID()}`, `master-${randomUUID()}`];
  await database.createUser(username, password);
  await database.createMaster(master, masters, username);
  const server = { ...database.address, ...address };
  const masterarn = await stack.createSecret(master, {
    ...server,
    username: master,
    password: masters,
  });
  const arn = await stack.createSecret(username, { ...server, username, password, masterarn });
  return { username, password, arn, master };
}

/** Logs in with what is AWSCURRENT, over and over, and counts how often it is rejected. */
export async function rejectedDuring(
  database: ServedDatabase,
  stack: Stack,
  arn: string,
  work: Promise<unknown>,
): Promise<number> {
  let done = false;
  let rejected = 0;
  const finished = work.finally(() => {
    done = true;
  });
  while (!done) {
    const { username, password } = await stack.value(arn);
    if (!(await database.accepts(String(username), String(password)))) rejected++;
    await wait(10);
  }
  await finished;
  return rejected;
}

/** SHOW GRANTS but for the user's name, password and mark. */
export async function privilegesOf({ server }: ServedDatabase, username: string): Promise<string[]> {
  const rows = await server.query(`SHOW GRANTS FOR '${username}'@'%'`);
  return rows
    .flatMap((row) => Object.values(row).map(String))
    .filter((row) => !row.startsWith("GRANT `rotation_clone_of_"))
    .map((row) => row.replaceAll(`\`${username}\``, "`x`").replace(/ IDENTIFIED BY PASSWORD '[^']*'/, ""))
    .sort();
}
