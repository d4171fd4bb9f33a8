import { CancelRotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import { holder, removePending } from "../support/operator.ts";
import { rescue, rescueProcess } from "../support/rescue.ts";
import { type Administration, restored } from "./restored.ts";
import {
  abandonedAfter,
  commandsIn,
  dryThenReal,
  expectToRotate,
  newUser,
  type Product,
  type ServerAndFunctions,
  startServerAndFunctions,
} from "./server-and-functions.ts";
import { stuckPending } from "./stuck-pending.ts";
import { twoSecrets } from "./two-secrets.ts";

const POSTGRES: Administration = {
  dropUser: (account) => `DROP ROLE ${account}`,
  setPassword: (account, password) => `ALTER ROLE ${account} PASSWORD '${password}'`,
  regrant: (account, master) => `GRANT ${account} TO ${master} WITH ADMIN OPTION`,
};
const MYSQL_FAMILY: Administration = {
  dropUser: (account) => `DROP USER ${account}`,
  setPassword: (account, password) => `ALTER USER ${account} IDENTIFIED BY '${password}'`,
  regrant: (account) => `GRANT ALL ON app.* TO ${account}`,
};

/** Where AWS's templates leave a person alone. Each is made by a real rotation, and left by the command. */
export function deadEnds(product: Product): void {
  let running: ServerAndFunctions;
  beforeAll(async () => {
    running = await startServerAndFunctions(product);
  });
  afterAll(() => running?.[Symbol.asyncDispose]());
  twoSecrets(() => running);
  stuckPending(() => running, product);
  const administration = product === "postgres" ? POSTGRES : MYSQL_FAMILY;
  restored(() => running, administration);

  // A process of its own and a terminal have the same part in each product's report.
  const [consent, atShell] =
    product === "postgres" ? (["y", rescueProcess] as const) : (["--yes", rescue] as const);
  const explain = async (arn: string) => {
    const { caFile } = running.database;
    return await rescue(running.singleUser.stack, ["--secret-id", arn], { caFile });
  };

  test("a healthy secret: explain reports it as healthy, without a rejected login", async () => {
    const { stack } = running.singleUser;
    const user = await newUser(running, stack);
    await expectToRotate(running, stack, user);
    const before = await running.database.logins(user.username);

    const { exitCode, stdout } = await explain(user.arn);

    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("Nothing is wrong"),
    });
    expect(commandsIn({ stdout })).toEqual([]);
    expect(await running.database.logins(user.username)).toEqual({
      ...before,
      accepted: before.accepted + 1,
    });
  });

  test("AWSPENDING is stuck before setSecret, and rotation was canceled: unstick removes AWSPENDING", async () => {
    const { stack } = running.singleUser;
    const user = await newUser(running, stack);
    const token = await abandonedAfter(running.singleUser, user, "createSecret");
    await stack.operator.send(new CancelRotateSecretCommand({ SecretId: user.arn }));
    const explained = await explain(user.arn);
    expect(explained.exitCode).toBe(1);
    expect(explained.stdout).toContain(
      `RotateSecret is refused: rotation was turned off with AWSPENDING left on version ${token}`,
    );
    expect(commandsIn(explained)).toEqual(["npm run rescue -- unstick"]);

    await dryThenReal(running, stack, user, ["unstick", "--secret-id", user.arn], consent);

    expect(await holder(stack, user.arn, "AWSPENDING")).toBeUndefined();
    expect(await running.database.accepts(user.username, user.password)).toBe(true);
    await expectToRotate(running, stack, user);
  });

  test("AWSPENDING is stuck after setSecret, and its password logs in: unstick makes it AWSCURRENT", async () => {
    const { stack } = running.singleUser;
    const user = await newUser(running, stack);
    const token = await abandonedAfter(running.singleUser, user, "setSecret");
    expect(await running.database.accepts(user.username, user.password)).toBe(false);
    const explained = await explain(user.arn);
    expect(explained).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining(`Version ${token} logs in.`),
    });
    expect(commandsIn(explained)).toEqual(["npm run rescue -- unstick"]);

    await dryThenReal(running, stack, user, ["unstick", "--secret-id", user.arn]);

    expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(token);
    await expectToRotate(running, stack, user);
  });

  test("V40 AWSPENDING was removed after setSecret: unstick finds the version without a label", async () => {
    const { stack } = running.singleUser;
    const user = await newUser(running, stack);
    const token = await abandonedAfter(running.singleUser, user, "setSecret");
    await removePending(stack, user.arn);
    const { caFile } = running.database;
    const before = await running.database.logins(user.username);
    const unasked = await rescue(stack, ["unstick", "--secret-id", user.arn, "--yes"], { caFile });
    expect(unasked).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("unstick --secret-id") });
    expect(unasked.stdout).toContain("--try-unlabeled");
    // AWSCURRENT alone was tried: refused logins lock accounts.
    expect(await running.database.logins(user.username)).toEqual({
      ...before,
      rejected: before.rejected + 1,
    });
    const search = ["--secret-id", user.arn, "--try-unlabeled"];
    const explained = await atShell(stack, search, { caFile });
    expect(explained.stdout).toContain(`Version ${token} logs in.`);

    await dryThenReal(running, stack, user, ["unstick", "--secret-id", user.arn, "--try-unlabeled"]);

    expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(token);
    await expectToRotate(running, stack, user);
  });

  test("no version has the password: reset sets it through the master user", async () => {
    const { stack } = running.singleUser;
    const user = await newUser(running, stack);
    await expectToRotate(running, stack, user);
    const { account } = running;
    await running.administer(administration.setPassword(account(user.username), "by hand"));
    const current = await stack.value(user.arn);
    const explained = await explain(user.arn);
    expect(explained.exitCode).toBe(1);
    expect(commandsIn(explained)).toEqual(["npm run rescue -- reset"]);

    await dryThenReal(running, stack, user, ["reset", "--secret-id", user.arn], consent);

    expect(await stack.value(user.arn), "Nothing new is stored.").toEqual(current);
    expect(await running.database.accepts(user.username, String(current.password))).toBe(true);
    expect(await running.database.accepts(user.username, "by hand")).toBe(false);
    await expectToRotate(running, stack, user);
  });

  test("two users, and the password of AWSCURRENT was changed by hand: after reset the rotation continues", async () => {
    const { stack } = running.masterUser;
    const user = await newUser(running, stack);
    await expectToRotate(running, stack, user);
    const clone = running.account(`${user.username}_clone`);
    await running.administer(administration.setPassword(clone, "by hand"));
    const explained = await rescue(stack, ["--secret-id", user.arn], { caFile: running.database.caFile });
    expect(explained.stdout).toContain("AWSCURRENT must log in before the master is used");
    expect(commandsIn(explained)).toEqual(["npm run rescue -- reset"]);

    await dryThenReal(running, stack, user, ["reset", "--secret-id", user.arn]);

    await expectToRotate(running, stack, user);
  });

  test("two users, and AWSPREVIOUS has leaked: discard gives its user an unknown random password", async () => {
    const { stack } = running.masterUser;
    const user = await newUser(running, stack);
    await expectToRotate(running, stack, user);
    const current = await stack.value(user.arn);
    expect(await running.database.accepts(user.username, user.password)).toBe(true);

    await dryThenReal(running, stack, user, ["discard", "--secret-id", user.arn]);

    const { caFile } = running.database;
    const again = await rescue(stack, ["discard", "--secret-id", user.arn, "--yes"], { caFile });
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("nothing to turn off") });
    expect(await running.database.accepts(user.username, user.password)).toBe(false);
    expect(await running.database.accepts(String(current.username), String(current.password))).toBe(true);
    await expectToRotate(running, stack, user);
  });
}
