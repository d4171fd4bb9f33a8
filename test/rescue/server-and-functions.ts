import { randomUUID } from "node:crypto";
import { afterAll, expect } from "vitest";
import type { CountingDatabase } from "../../local/database.ts";
import { startMariadbDatabase } from "../../local/servers/mariadb/database.ts";
import { startMysqlDatabase } from "../../local/servers/mysql/database.ts";
import { startPostgresDatabase } from "../../local/servers/postgres/database.ts";
import type { Stack } from "../../local/stack.ts";
import { holder, versions } from "../support/operator.ts";
import { type Rescued, type RescueOptions, rescue, rescueProcess } from "../support/rescue.ts";
import { type StepwiseStack, startStepwiseStack } from "../support/stepwise-stack.ts";

/** A server of one product, and the functions of both strategies for it, whose steps can be invoked one by one. */
export interface ServerAndFunctions extends AsyncDisposable {
  readonly database: CountingDatabase;
  readonly singleUser: StepwiseStack;
  readonly masterUser: StepwiseStack;
  /** Statements as an administrator. */
  administer(...statements: string[]): Promise<void>;
  /** As SQL names a user there. */
  account(username: string): string;
}

export interface User {
  readonly username: string;
  readonly password: string;
  readonly arn: string;
  readonly masterArn: string;
}

export type Product = "postgres" | "mysql" | "mariadb";

export async function startServerAndFunctions(product: Product): Promise<ServerAndFunctions> {
  await using cleanUp = new AsyncDisposableStack();
  const { database, administer } = await startServer(product);
  cleanUp.use(database);
  const singleUser = await startStepwiseStack(database, { bundle: `${product}-single-user` });
  cleanUp.use(singleUser.stack);
  const masterUser = await startStepwiseStack(database, { bundle: `${product}-master-user` });
  cleanUp.use(masterUser.stack);
  const running = cleanUp.move();
  return {
    database,
    singleUser,
    masterUser,
    administer,
    account: (username) => (product === "postgres" ? `"${username}"` : `'${username}'@'%'`),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The same until the tests of the file have ended, with what most of them use of it. */
export async function serverAndFunctions(product: Product) {
  const running = await startServerAndFunctions(product);
  afterAll(() => running[Symbol.asyncDispose]());
  return { ...running, stack: running.singleUser.stack, caFile: running.database.caFile };
}

async function startServer(product: Product): Promise<Pick<ServerAndFunctions, "database" | "administer">> {
  const database = product === "postgres" ? await startPostgresDatabase() : await mysqlFamily(product);
  const administer = async (...statements: string[]) => {
    for (const statement of statements) await database.server.query(statement);
  };
  return { database, administer };
}

function mysqlFamily(product: "mysql" | "mariadb") {
  return product === "mysql" ? startMysqlDatabase() : startMariadbDatabase();
}

let users = 0;

/** A user, its secret, and the secret of a master who may change it. */
export async function newUser(
  { database }: Pick<ServerAndFunctions, "database">,
  stack: Stack,
  secret: Record<string, unknown> = {},
): Promise<User> {
  const number = ++users;
  const [username, password] = [`app_${number}`, `first-${randomUUID()}`];
  const master = { username: `master_${number}`, password: `master-${randomUUID()}` };
  await database.createUser(username, password);
  await database.createMaster(master.username, master.password, username);
  const masterArn = await stack.createSecret(master.username, { ...database.address, ...master });
  const value = { ...database.address, username, password, masterarn: masterArn, ...secret };
  return { username, password, masterArn, arn: await stack.createSecret(username, value) };
}

/** Invokes the first steps of a rotation, and leaves it there. @returns its token. */
export async function abandonedAfter(
  { stage, invoke }: StepwiseStack,
  { arn }: Pick<User, "arn">,
  last: "stage" | "createSecret" | "setSecret",
): Promise<string> {
  const token = await stage(arn);
  if (last !== "stage") await invoke("createSecret", arn, token);
  if (last === "setSecret") await invoke("setSecret", arn, token);
  return token;
}

/** What a dry run must leave alone: labels, values, and which of the passwords the database accepts. */
async function everything(
  { database }: Pick<ServerAndFunctions, "database">,
  stack: Stack,
  { arn }: Pick<User, "arn">,
) {
  const found: Record<string, unknown> = { labels: await stack.labels(arn) };
  for (const VersionId of await versions(stack, arn)) {
    const { username, password } = await stack.value(arn, { VersionId });
    found[VersionId] = { password, works: await database.accepts(String(username), String(password)) };
  }
  return found;
}

/**
 * Runs a command dry, which must change nothing and say how to go on, and then with somebody's consent.
 *
 * @param consent "y" is typed at the terminal of a process of its own
 */
export async function dryThenReal(
  { database }: Pick<ServerAndFunctions, "database">,
  stack: Stack,
  user: User,
  args: readonly string[],
  consent: "--yes" | "y" = "--yes",
): Promise<Rescued> {
  const options: RescueOptions = { caFile: database.caFile };
  const before = await everything({ database }, stack, user);
  const run = consent === "y" ? rescueProcess : rescue;
  const dry = await run(stack, args, options);
  expect(dry.stdout, dry.stderr).toContain("Nothing was written: there is no terminal for the confirmation.");
  expect(dry.exitCode).toBe(1);
  expect(await everything({ database }, stack, user)).toEqual(before);

  const real =
    consent === "y"
      ? await run(stack, args, { ...options, answers: ["y"] })
      : await run(stack, [...args, "--yes"], options);
  expect(real, real.stderr).toMatchObject({ exitCode: 0 });
  return real;
}

/** After a rescue a new rotation succeeds without a person, and what it stores logs in. */
export async function expectToRotate(
  { database }: Pick<ServerAndFunctions, "database">,
  stack: Stack,
  { arn }: Pick<User, "arn">,
): Promise<void> {
  const before = await holder(stack, arn, "AWSCURRENT");
  expect(await stack.rotate(arn)).toEqual({ succeeded: true, error: undefined });
  expect(await holder(stack, arn, "AWSCURRENT")).not.toBe(before);
  const { username, password } = await stack.value(arn);
  expect(await database.accepts(String(username), String(password))).toBe(true);
}

export function commandsIn({ stdout }: Pick<Rescued, "stdout">): string[] {
  return [...stdout.matchAll(/npm run rescue -- [a-z]+/g)].map(([command]) => command);
}
