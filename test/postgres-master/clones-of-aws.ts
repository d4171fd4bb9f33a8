import { expect } from "vitest";
import { awsFunction } from "./aws-function.ts";
import { type Lab, startLab } from "./lab.ts";
import { newPair, type Users, type UsersOptions, whoIs } from "./pairs.ts";

// Clones of AWS's function act as themselves, so that what they make is their own.

export type ClonesLab = Lab & { readonly version: string };

/** Servers of releases before and after 16, with another database, `archive`. */
export async function startLabs(): Promise<readonly ClonesLab[] & AsyncDisposable> {
  await using started = new AsyncDisposableStack();
  const labs = await Promise.all(
    ["18", "15"].map(async (version) => {
      const lab = started.use(await startLab({ version }));
      await lab.server.query("CREATE DATABASE archive");
      return Object.assign(lab, { version });
    }),
  );
  const cleanUp = started.move();
  return Object.assign(labs, { [Symbol.asyncDispose]: () => cleanUp.disposeAsync() });
}

/** The clone is current, made by AWS's function. */
export async function pairOfAws(
  { database, stepwise, server, fixture }: Lab,
  options?: UsersOptions,
): Promise<Users & { schema: string }> {
  const users = await newPair(fixture, options);
  const schema = `of_${users.username}`;
  await server.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${users.username}`);
  await awsFunction(database, stepwise).rotate(users.arn);
  expect(await whoIs(fixture, users)).toEqual({ login: users.clone, acts: users.clone });
  return { ...users, schema };
}

/** Runs what an error message tells an administrator to run, in the databases that it names. */
export async function paste({ server }: Lab, message: string): Promise<void> {
  const [, remedy = ""] = /Run as an administrator (in .+)$/.exec(message) ?? [];
  for (const part of remedy.split(/ - (?=in "\w+": )/)) {
    const [, database = "", statements = ""] = /^in "(\w+)": (.+)$/.exec(part) ?? [];
    await using administrator = await server.connect(database);
    await administrator.query(statements);
  }
}
