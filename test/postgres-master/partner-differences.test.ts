import { afterAll, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { reattempt } from "../support/operator.ts";
import { storedPassword } from "../support/users.ts";
import { startLab } from "./lab.ts";
import { rotated, whoIs } from "./pairs.ts";
import { preparedPartners, statementsIn } from "./partners.ts";

const lab = await startLab();
const { stack, fixture, server } = lab;
await server.query("CREATE DATABASE archive");

afterAll(() => lab[Symbol.asyncDispose]());

const HEALED: [what: string, difference: (green: string, shared: string, blue: string) => string][] = [
  ["CREATEDB, which the master user may take", (green) => `ALTER ROLE ${green} CREATEDB`],
  ["a setting", (green) => `ALTER ROLE ${green} SET work_mem TO '5MB'`],
  ["a limit", (green) => `ALTER ROLE ${green} CONNECTION LIMIT 3`],
  ["a membership WITH INHERIT FALSE", (green, shared) => `GRANT ${shared} TO ${green} WITH INHERIT FALSE`],
  ["a database of its own", (green) => `ALTER DATABASE archive OWNER TO ${green}`],
  ["a table of its own", (green) => `CREATE TABLE t_${green} (); ALTER TABLE t_${green} OWNER TO ${green}`],
];

test.for(HEALED)("%s of the alternate user is made right by the rotation", async ([, difference]) => {
  const users = await preparedPartners(lab);
  await server.query(
    `ALTER ROLE ${users.master.username} CREATEDB; GRANT CREATE ON SCHEMA public TO ${users.shared}`,
  );
  await server.query(difference(users.green, users.shared, users.username));

  await rotated(fixture, users);

  expect(await whoIs(fixture, users)).toEqual({ login: users.green, acts: users.shared });
});

const REFUSED: [what: string, difference: (green: string, shared: string, blue: string) => string][] = [
  ["another role to act as", (green) => `ALTER ROLE ${green} RESET role`],
  [
    "another role to act as in one database",
    (green) => `ALTER ROLE ${green} IN DATABASE archive SET role TO none`,
  ],
  ["no role to act as for the current user", (_green, _shared, blue) => `ALTER ROLE ${blue} RESET role`],
  ["a role", (green) => `GRANT pg_read_all_data TO ${green}`],
  ["a role of the current user", (_green, _shared, blue) => `GRANT pg_read_all_data TO ${blue}`],
  ["an attribute", (green) => `ALTER ROLE ${green} BYPASSRLS`],
  ["an attribute of the current user", (_green, _shared, blue) => `ALTER ROLE ${blue} BYPASSRLS`],
  ["a privilege", (green) => `GRANT CREATE ON SCHEMA public TO ${green}`],
  ["a privilege of the current user", (_green, _shared, blue) => `GRANT CREATE ON SCHEMA public TO ${blue}`],
  ["a privilege on a parameter", (green) => `GRANT SET ON PARAMETER log_statement TO ${green}`],
  ["a privilege on a language", (green) => `GRANT USAGE ON LANGUAGE plpgsql TO ${green} WITH GRANT OPTION`],
  [
    "a privilege on a type",
    (green) =>
      `CREATE TYPE ty_${green} AS ENUM (); REVOKE USAGE ON TYPE ty_${green} FROM PUBLIC; GRANT USAGE ON TYPE ty_${green} TO ${green}`,
  ],
  [
    "a privilege on a large object",
    (green) => `SELECT lo_create(4712); GRANT SELECT ON LARGE OBJECT 4712 TO ${green}`,
  ],
  [
    "usage of a foreign server",
    (green) =>
      `CREATE FOREIGN DATA WRAPPER w_${green}; CREATE SERVER s_${green} FOREIGN DATA WRAPPER w_${green}; GRANT USAGE ON FOREIGN SERVER s_${green} TO ${green}`,
  ],
  [
    "a user mapping",
    (green) =>
      `CREATE FOREIGN DATA WRAPPER w_${green}; CREATE SERVER s_${green} FOREIGN DATA WRAPPER w_${green}; CREATE USER MAPPING FOR ${green} SERVER s_${green}`,
  ],
  [
    "a row policy",
    (green) => `CREATE TABLE p_${green} (); CREATE POLICY p ON p_${green} TO ${green} USING (true)`,
  ],
  ["a default privilege", (green) => `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${green}`],
];

test.for(REFUSED)(
  "%s that only one of the two has is refused, and healed by the statements in the error",
  async ([, difference]) => {
    const users = await preparedPartners(lab);
    const { green, shared, username } = users;
    for (const statement of difference(green, shared, username).split("; ")) await server.query(statement);
    const before = await storedPassword(server, green);

    const failure = await failedRotation(stack, users.arn);

    expect(failure).toMatchObject({ step: "setSecret", reason: "privilege-mismatch" });
    expect(await storedPassword(server, green)).toBe(before);
    await server.query(statementsIn(failure.message));
    expect(await reattempt(stack, users.arn)).toBe(true);
    const { login, acts } = await whoIs(fixture, users);
    expect(login).toBe(green);
    // A current user that acts as itself is the base role of the two.
    expect(acts).toBe(difference("green", "shared", "blue").includes("blue RESET") ? username : shared);
  },
);

test("privileges in another database are refused as well, with the statements for that database", async () => {
  const users = await preparedPartners(lab);
  await using archive = await server.connect("archive");
  await archive.query(
    `CREATE TABLE of_${users.green} (id INT); GRANT SELECT ON of_${users.green} TO ${users.green}`,
  );

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "privilege-mismatch" });
  expect(failure.message).toContain('Run as an administrator in "archive": ');
  await archive.query(statementsIn(failure.message));
  expect(await reattempt(stack, users.arn)).toBe(true);
});
