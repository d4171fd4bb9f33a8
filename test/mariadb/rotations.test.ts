import { afterAll, describe, expect, test } from "vitest";
import { startMariadbDatabase } from "../../local/servers/mariadb/database.ts";
import type { StackOptions } from "../../local/stack.ts";
import { observeCalls } from "../support/calls.ts";
import { failedRotation } from "../support/failures.ts";
import { findSecrets } from "../support/find-secrets.ts";
import { reattempt, tryOut } from "../support/operator.ts";
import { followCommands } from "../support/remedies.ts";
import { VERSIONS } from "./given.ts";
import { newUser, privilegesOf, rejectedDuring, stackOf } from "./stacks.ts";

const DONE = { succeeded: true, error: undefined };

describe.each(VERSIONS)("rotations, version %s", async (version) => {
  await using started = new AsyncDisposableStack();
  const database = started.use(await startMariadbDatabase(version ? { version } : {}));
  const single = started.use(await stackOf(database, "single-user"));
  const inClear = started.use(await stackOf(database, "single-user", { PASSWORD_IN_SQL: "plaintext" }));
  let afterStep = async (_step: string): Promise<unknown> => undefined;
  const onInvoke: StackOptions["onInvoke"] = async (event, invoke) => {
    await invoke(event);
    await afterStep(event.Step);
  };
  const master = started.use(await stackOf(database, "master-user", {}, { onInvoke }));
  const cleanUp = started.move();
  afterAll(() => cleanUp.disposeAsync());
  const { server } = database;

  async function loginsOf(...usernames: string[]) {
    const all = await Promise.all(usernames.map((username) => server.logins(username)));
    return {
      accepted: all.reduce((sum, { accepted }) => sum + accepted, 0),
      rejected: all.reduce((sum, { rejected }) => sum + rejected, 0),
    };
  }

  test("V2 single-user: at most 11 calls and two logins, none of them rejected, three times", async () => {
    const { arn, username } = await newUser(database, single);
    for (let rotation = 1; rotation <= 3; rotation++) {
      using calls = observeCalls(single);
      expect(await single.rotate(arn)).toEqual(DONE);
      expect(calls.all.length).toBeLessThanOrEqual(11);
      expect(calls.failed).toEqual([]);
      expect(await server.logins(username)).toEqual({ accepted: 2 * rotation, rejected: 0 });
    }
  });

  test("V2 master-user: at most 13 calls and four logins, none of them rejected, three times", async () => {
    const { arn, username, master: by } = await newUser(database, master);
    for (let rotation = 1; rotation <= 3; rotation++) {
      using calls = observeCalls(master);
      const before = await loginsOf(username, `${username}_clone`, by);
      expect(await master.rotate(arn)).toEqual(DONE);
      const after = await loginsOf(username, `${username}_clone`, by);
      expect(calls.all.length).toBeLessThanOrEqual(13);
      expect(calls.failed).toEqual([]);
      expect(after.accepted - before.accepted).toBeLessThanOrEqual(4);
      expect(after.rejected).toBe(0);
    }
    expect((await master.value(arn)).username).toBe(`${username}_clone`);
    expect(await privilegesOf(database, `${username}_clone`)).toEqual(await privilegesOf(database, username));
  });

  test("master-user: AWSCURRENT logs in at every moment", async () => {
    const { arn } = await newUser(database, master);
    for (let rotation = 1; rotation <= 3; rotation++) {
      expect(await rejectedDuring(database, master, arn, master.rotate(arn))).toBe(0);
    }
  });

  test("V36 max_password_errors = 1 is not reached by either strategy", async () => {
    const one = await newUser(database, single);
    const pair = await newUser(database, master);
    await server.query("SET GLOBAL max_password_errors = 1");
    try {
      for (let rotation = 1; rotation <= 2; rotation++) {
        expect(await single.rotate(one.arn)).toEqual(DONE);
        expect(await master.rotate(pair.arn)).toEqual(DONE);
      }
    } finally {
      await server.query("SET GLOBAL max_password_errors = DEFAULT");
    }
  });

  test("V25 no password is in any log of the server, nor in the function's", async () => {
    const one = await newUser(database, single);
    const pair = await newUser(database, master);
    const secrets = [one.password, pair.password];
    for (let rotation = 1; rotation <= 2; rotation++) {
      expect(await single.rotate(one.arn)).toEqual(DONE);
      expect(await master.rotate(pair.arn)).toEqual(DONE);
      secrets.push(
        String((await single.value(one.arn)).password),
        String((await master.value(pair.arn)).password),
      );
    }

    expect(findSecrets(secrets, await server.log())).toEqual([]);
    expect(findSecrets(secrets, [...single.log, ...master.log].join("\n"))).toEqual([]);
  });

  test("RotateImmediately=false passes before the first rotation and after it", async () => {
    const { arn } = await newUser(database, master);

    expect(await tryOut(master, arn)).toBe(true);
    expect(await master.rotate(arn)).toEqual(DONE);
    expect(await tryOut(master, arn)).toBe(true);
  });

  test("V12 V41 a master without a privilege fails again on the retry, until it is granted", async () => {
    const { arn, username, master: by } = await newUser(database, master);
    await server.query(`REVOKE GRANT OPTION ON app.* FROM ${by}`);

    const failure = await failedRotation(master, arn);
    expect(failure).toMatchObject({ step: "setSecret", reason: "missing-privilege" });
    expect(await reattempt(master, arn)).toBe(false);
    expect(await server.query(`SELECT 1 FROM mysql.user WHERE User = '${username}_clone'`)).toEqual([]);

    await server.query(`GRANT GRANT OPTION ON app.* TO ${by}`);
    expect(await reattempt(master, arn)).toBe(true);
  });

  test("V14 V31 V32 a default role and WITH GRANT OPTION are the clone's, and what is revoked stays revoked", async () => {
    const { arn, username, master: by } = await newUser(database, master);
    const clone = `${username}_clone`;
    const role = `role_of_${username}`;
    for (const statement of [
      `CREATE ROLE ${role}`,
      `GRANT ${role} TO ${by}@'%' WITH ADMIN OPTION`,
      `GRANT UPDATE ON mysql.* TO ${by}`,
      `GRANT ${role} TO ${username}@'%'`,
      `SET DEFAULT ROLE ${role} FOR ${username}@'%'`,
      `GRANT GRANT OPTION ON app.* TO ${username}`,
    ]) {
      await server.query(statement);
    }

    expect(await master.rotate(arn)).toEqual(DONE);
    expect(await privilegesOf(database, clone)).toEqual(await privilegesOf(database, username));
    expect((await privilegesOf(database, clone)).join()).toMatch(
      /SET DEFAULT ROLE .*WITH GRANT OPTION|WITH GRANT OPTION.*SET DEFAULT ROLE/,
    );

    await server.query(`REVOKE DELETE, GRANT OPTION ON app.* FROM ${clone}`);
    const before = await privilegesOf(database, clone);
    for (let rotation = 1; rotation <= 2; rotation++) expect(await master.rotate(arn)).toEqual(DONE);
    expect(await privilegesOf(database, clone)).toEqual(before);
    expect(await privilegesOf(database, username)).toEqual(before);
  });

  test("V33 an unrelated clone is not adopted; with the statements of the error it is", async () => {
    const { arn, username } = await newUser(database, master);
    await server.query(`CREATE USER ${username}_clone IDENTIFIED BY 'of-somebody-else'`);

    const failure = await failedRotation(master, arn);

    expect(failure).toMatchObject({ step: "setSecret", reason: "user-not-owned" });
    expect(await database.accepts(`${username}_clone`, "of-somebody-else")).toBe(true);
    const statements = /as an administrator: (.*?) - if/.exec(failure.message)?.[1] ?? "";
    for (const statement of statements.split("; ")) await server.query(statement);
    expect(await reattempt(master, arn)).toBe(true);
  });

  test("V10 does not promote a pending user that has lost a privilege", async () => {
    const { arn, username } = await newUser(database, master);
    expect(await master.rotate(arn)).toEqual(DONE);
    afterStep = async (step) =>
      step === "setSecret" && server.query(`REVOKE DELETE ON app.* FROM ${username}`);

    const failure = await failedRotation(master, arn).finally(() => {
      afterStep = async () => undefined;
    });

    expect(failure).toMatchObject({ step: "testSecret", reason: "privilege-mismatch" });
    expect(failure.message).toContain("needs GRANT ALL PRIVILEGES ON `app`.* TO");
  });

  test("V19 a password that the server refuses: said once with what to do, and then it works", async () => {
    const { arn, username, password } = await newUser(database, inClear);
    await server.query("INSTALL SONAME 'simple_password_check'");
    await server.query("SET GLOBAL simple_password_check_minimal_length = 100");
    try {
      const failure = await failedRotation(inClear, arn);
      expect(failure).toMatchObject({ step: "setSecret", reason: "password-refused" });
      expect(failure.message).toContain("PASSWORD_LENGTH");
      expect(await database.accepts(username, password)).toBe(true);

      await server.query("SET GLOBAL simple_password_check_minimal_length = 8");
      expect(followCommands(inClear, failure.message)).toHaveLength(1);
      expect(await inClear.rotate(arn)).toEqual(DONE);
    } finally {
      await server.query("UNINSTALL SONAME 'simple_password_check'");
    }
  });
});
