import { expect } from "vitest";
import type { Lab } from "./given.ts";

/** The statements that an error tells an administrator to run. */
export function remedies(message: string): string[] {
  return (/as an administrator: (.*?)( - if .*)?$/.exec(message)?.[1] ?? expect.fail(message)).split("; ");
}

/** Users of other teams on a lab's server. */
export function tenantsOf({ database, sql, session, newName }: Lab) {
  /** A user without CREATE USER. It may grant its privileges on a schema of its own. */
  async function newTenant(): Promise<{
    username: string;
    schema: string;
    run(statement: string): Promise<void>;
  }> {
    const username = newName();
    const schema = `of_${username}`;
    await sql(
      `CREATE DATABASE ${schema}`,
      `CREATE USER ${username} IDENTIFIED BY 'tenant'`,
      `GRANT ALL ON ${schema}.* TO ${username} WITH GRANT OPTION`,
    );
    return { username, schema, run: (statement) => runAs(username, "tenant", statement) };
  }

  async function runAs(username: string, password: string, statement: string): Promise<void> {
    await using own = await session(username, password);
    await own.rows(statement);
  }

  /** An admin user with the least privileges that the documentation requires. */
  async function newAdmin(username: string) {
    const name = newName();
    await database.createMaster(name, "admin", username);
    return () => session(name, "admin");
  }

  return { newTenant, runAs, newAdmin };
}
