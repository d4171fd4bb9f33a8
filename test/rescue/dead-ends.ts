import { CancelRotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import { holder, removePending } from "../support/operator.ts";
import { rescue } from "../support/rescue.ts";
import {
  abandonedAfter,
  commandsIn,
  dryThenReal,
  expectToRotate,
  newUser,
  type Product,
  type Scene,
  startScene,
} from "./server-and-functions.ts";

/** Where AWS's templates leave a person alone. Each is made by a real rotation, and left by the command. */
export function deadEnds(product: Product): void {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene(product);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  const explain = async (arn: string, ...options: string[]) => {
    const { caFile } = scene.database;
    return await rescue(scene.singleUser.stack, ["--secret-id", arn, ...options], { caFile });
  };

  test("a healthy secret: explain says so, and no login is refused", async () => {
    const { stack } = scene.singleUser;
    const user = await newUser(scene, stack);
    await expectToRotate(scene, stack, user);
    const before = await scene.database.logins(user.username);

    const { exitCode, stdout } = await explain(user.arn);

    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("Nothing is wrong"),
    });
    expect(commandsIn({ stdout })).toEqual([]);
    expect(await scene.database.logins(user.username)).toEqual({ ...before, accepted: before.accepted + 1 });
  });

  test("AWSPENDING is stuck before setSecret, and rotation was canceled: it is taken off", async () => {
    const { stack } = scene.singleUser;
    const user = await newUser(scene, stack);
    const token = await abandonedAfter(scene.singleUser, user, "createSecret");
    await stack.operator.send(new CancelRotateSecretCommand({ SecretId: user.arn }));
    const explained = await explain(user.arn);
    expect(explained.exitCode).toBe(1);
    expect(explained.stdout).toContain(
      `RotateSecret is refused: rotation was turned off with AWSPENDING left on version ${token}`,
    );
    expect(commandsIn(explained)).toEqual(["npm run rescue -- unstick"]);

    await dryThenReal(scene, stack, user, ["unstick", "--secret-id", user.arn], "y");

    expect(await holder(stack, user.arn, "AWSPENDING")).toBeUndefined();
    expect(await scene.database.accepts(user.username, user.password)).toBe(true);
    await expectToRotate(scene, stack, user);
  });

  test("AWSPENDING is stuck after setSecret, and its password is the one that works: it becomes AWSCURRENT", async () => {
    const { stack } = scene.singleUser;
    const user = await newUser(scene, stack);
    const token = await abandonedAfter(scene.singleUser, user, "setSecret");
    expect(await scene.database.accepts(user.username, user.password)).toBe(false);
    const explained = await explain(user.arn);
    expect(explained).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining(`Version ${token} logs in.`),
    });
    expect(commandsIn(explained)).toEqual(["npm run rescue -- unstick"]);

    await dryThenReal(scene, stack, user, ["unstick", "--secret-id", user.arn]);

    expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(token);
    await expectToRotate(scene, stack, user);
  });

  test("V40 AWSPENDING was taken away after setSecret: the version without a label is found", async () => {
    const { stack } = scene.singleUser;
    const user = await newUser(scene, stack);
    const token = await abandonedAfter(scene.singleUser, user, "setSecret");
    await removePending(stack, user.arn);
    const { caFile } = scene.database;
    const before = await scene.database.logins(user.username);
    const unasked = await rescue(stack, ["unstick", "--secret-id", user.arn, "--yes"], { caFile });
    expect(unasked).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("unstick --secret-id") });
    expect(unasked.stdout).toContain("--try-unlabeled");
    // AWSCURRENT alone was tried: refused logins lock accounts.
    expect(await scene.database.logins(user.username)).toEqual({ ...before, rejected: before.rejected + 1 });
    const explained = await explain(user.arn, "--try-unlabeled");
    expect(explained.stdout).toContain(`Version ${token} logs in.`);

    await dryThenReal(scene, stack, user, ["unstick", "--secret-id", user.arn, "--try-unlabeled"]);

    expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(token);
    await expectToRotate(scene, stack, user);
  });

  test("no version knows the password: it is reset through the master", async () => {
    const { stack } = scene.singleUser;
    const user = await newUser(scene, stack);
    await expectToRotate(scene, stack, user);
    const { account } = scene;
    const byHand =
      product === "postgres"
        ? `ALTER ROLE ${account(user.username)} PASSWORD 'by hand'`
        : `ALTER USER ${account(user.username)} IDENTIFIED BY 'by hand'`;
    await scene.administer(byHand);
    const current = await stack.value(user.arn);
    const explained = await explain(user.arn);
    expect(explained.exitCode).toBe(1);
    expect(commandsIn(explained)).toEqual(["npm run rescue -- reset"]);

    await dryThenReal(scene, stack, user, ["reset", "--secret-id", user.arn], "y");

    expect(await stack.value(user.arn), "Nothing new is stored.").toEqual(current);
    expect(await scene.database.accepts(user.username, String(current.password))).toBe(true);
    expect(await scene.database.accepts(user.username, "by hand")).toBe(false);
    await expectToRotate(scene, stack, user);
  });

  test("the password of AWSCURRENT was changed by hand, with two users: reset, and the rotation goes on", async () => {
    const { stack } = scene.masterUser;
    const user = await newUser(scene, stack);
    await expectToRotate(scene, stack, user);
    const clone = scene.account(`${user.username}_clone`);
    await scene.administer(
      product === "postgres"
        ? `ALTER ROLE ${clone} PASSWORD 'by hand'`
        : `ALTER USER ${clone} IDENTIFIED BY 'by hand'`,
    );
    const explained = await rescue(stack, ["--secret-id", user.arn], { caFile: scene.database.caFile });
    expect(explained.stdout).toContain("AWSCURRENT must log in before the master is used");
    expect(commandsIn(explained)).toEqual(["npm run rescue -- reset"]);

    await dryThenReal(scene, stack, user, ["reset", "--secret-id", user.arn]);

    await expectToRotate(scene, stack, user);
  });

  test("AWSPREVIOUS has leaked, with two users: its user gets a password that nobody knows", async () => {
    const { stack } = scene.masterUser;
    const user = await newUser(scene, stack);
    await expectToRotate(scene, stack, user);
    const current = await stack.value(user.arn);
    expect(await scene.database.accepts(user.username, user.password)).toBe(true);

    await dryThenReal(scene, stack, user, ["discard", "--secret-id", user.arn]);

    const { caFile } = scene.database;
    const again = await rescue(stack, ["discard", "--secret-id", user.arn, "--yes"], { caFile });
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("nothing to turn off") });
    expect(await scene.database.accepts(user.username, user.password)).toBe(false);
    expect(await scene.database.accepts(String(current.username), String(current.password))).toBe(true);
    await expectToRotate(scene, stack, user);
  });
}
