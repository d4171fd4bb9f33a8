import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { ServedDatabase } from "../../local/servers/mysql-family/database.ts";
import { type Stack, type StackOptions, startStack } from "../../local/stack.ts";

export type Strategy = "single-user" | "master-user";

/** A user of the database, and the secret with its login, which an application reads. */
export interface User {
  readonly username: string;
  /** The first password. */
  readonly password: string;
  readonly arn: string;
  /** The master user, which prepares the clone if the strategy has one. */
  readonly master: string;
}

/** The built function. Secrets Manager does not retry a rotation that fails. */
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

/** @param address replaces parts of the server's address in the secrets, such as the port by that of a proxy. */
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

/** Logs in with AWSCURRENT again and again while the work lasts. @returns the number of rejected logins. */
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

/** SHOW GRANTS without the user's name, password and ownership marker. */
export async function privilegesOf({ server }: ServedDatabase, username: string): Promise<string[]> {
  const rows = await server.query(`SHOW GRANTS FOR '${username}'@'%'`);
  return rows
    .flatMap((row) => Object.values(row).map(String))
    .filter((row) => !row.startsWith("GRANT `rotation_clone_of_"))
    .map((row) => row.replaceAll(`\`${username}\``, "`x`").replace(/ IDENTIFIED BY PASSWORD '[^']*'/, ""))
    .sort();
}
