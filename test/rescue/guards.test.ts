import { DeleteSecretCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, test } from "vitest";
import { holder, putValue } from "../support/operator.ts";
import { rescue, rescueProcess } from "../support/rescue.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import {
  abandonedAfter,
  commandsIn,
  expectToRotate,
  newUser,
  serverAndFunctions,
} from "./server-and-functions.ts";

// Whoever may write a secret chooses what it names; the operator's and the master's rights are not his.

const running = await serverAndFunctions("postgres");
const { database, stack, caFile } = running;

const WRONG = { password: "of nobody at all" };

const run = (...args: string[]) => rescue(stack, [...args, "--yes"], { caFile });

describe("reset refuses", () => {
  test("to change the master user itself", async () => {
    const user = await newUser(running, stack);
    const master = await stack.value(user.masterArn);
    await putValue(stack, user.arn, { ...master, ...WRONG, masterarn: user.masterArn });

    const { exitCode, stderr } = await run("reset", "--secret-id", user.arn);

    expect(stderr).toContain("The secret is of the master user itself.");
    expect(exitCode).toBe(1);
    expect(await database.accepts(String(master.username), String(master.password))).toBe(true);
  });

  test("a secret for a server other than the master's", async () => {
    const user = await newUser(running, stack, { ...WRONG, host: "127.0.0.1", sslServerName: "localhost" });

    const { stderr } = await run("reset", "--secret-id", user.arn);

    expect(stderr).toContain("The host or port of the secret is not that of the master secret.");
  });

  test("a user that does not exist", async () => {
    const user = await newUser(running, stack, { username: "nobody_there" });

    const { exitCode, stderr } = await run("reset", "--secret-id", user.arn);

    expect(stderr).toContain("There is no role nobody_there.");
    expect(exitCode).toBe(1);
  });

  test("a user that the master may not change, and prints the GRANT", async () => {
    const [user, other] = [await newUser(running, stack, WRONG), await newUser(running, stack)];

    const args = ["reset", "--secret-id", user.arn, "--master-secret-id", other.masterArn, "--yes"];
    const refused = await rescue(stack, args, { caFile });
    expect(refused.stderr).toContain("may not change the password of others");
    const [, statement = ""] = /as an administrator: (.+)$/m.exec(refused.stderr) ?? [];
    await running.administer(statement);

    expect(await rescueProcess(stack, args, { caFile })).toMatchObject({ exitCode: 0 });
    expect(await database.accepts(user.username, WRONG.password)).toBe(true);
    await expectToRotate(running, stack, user);
  });

  test("a value that the server cannot store", async () => {
    const user = await newUser(running, stack, { password: "pässword of nobody" });

    expect((await run("reset", "--secret-id", user.arn)).stderr).toContain("printable ASCII");
  });

  test("a master whose password is out of date", async () => {
    const user = await newUser(running, stack, WRONG);
    await putValue(stack, user.masterArn, { ...(await stack.value(user.masterArn)), ...WRONG });

    expect((await run("reset", "--secret-id", user.arn)).stderr).toContain(
      "Store the master user's present password in the master secret",
    );
  });

  test("to replace a password if another version logs in, and warns that a rotation may be running", async () => {
    const user = await newUser(running, stack);
    const token = await abandonedAfter(running.singleUser, user, "setSecret");
    const { password } = await stack.value(user.arn, { VersionId: token });

    const refused = await run("reset", "--secret-id", user.arn);
    expect(refused).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(`version ${token}`) });
    expect(commandsIn(refused)).toEqual(["npm run rescue -- unstick"]);
    expect(await database.accepts(user.username, String(password))).toBe(true);

    await running.administer(`ALTER ROLE ${user.username} PASSWORD 'by hand'`);
    const { exitCode, stdout } = await run("reset", "--secret-id", user.arn);
    expect(stdout).toContain("A rotation may be in progress");
    expect(exitCode).toBe(0);
    expect(await database.accepts(user.username, user.password)).toBe(true);
  });

  test("to change a password that logs in, and succeeds", async () => {
    const user = await newUser(running, stack);

    expect(await run("reset", "--secret-id", user.arn)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("nothing to reset"),
    });
  });
});

describe("discard", () => {
  test("reports that the old password of a single user no longer works", async () => {
    const user = await newUser(running, stack);
    expect((await run("discard", "--secret-id", user.arn)).stdout).toContain("No version has AWSPREVIOUS");
    await expectToRotate(running, stack, user);

    const { exitCode, stdout } = await run("discard", "--secret-id", user.arn);

    expect(stdout).toContain("the password under AWSPREVIOUS is refused");
    expect(stdout).toContain("rotate-secret");
    expect(exitCode).toBe(0);
  });

  test("does not change a third user that a secret writer names", async () => {
    const [user, victim] = [await newUser(running, stack), await newUser(running, stack)];
    const value = await stack.value(user.arn);
    await putValue(stack, user.arn, { ...value, username: victim.username });
    await putValue(stack, user.arn, value);

    const { exitCode, stdout } = await run("discard", "--secret-id", user.arn);

    expect(stdout).toContain(`who does not take turns`);
    expect(exitCode).toBe(1);
    expect(await database.accepts(victim.username, victim.password)).toBe(true);
  });

  test("does not change a user that the secret names as alternateUsername if its password is unknown", async () => {
    const [user, victim] = [await newUser(running, stack), await newUser(running, stack)];
    const { username: master } = await stack.value(user.masterArn);
    await running.administer(`GRANT ${victim.username} TO ${master} WITH ADMIN OPTION`);
    const value = { ...(await stack.value(user.arn)), alternateUsername: victim.username };
    const forged = { username: victim.username, alternateUsername: user.username, ...WRONG };
    await putValue(stack, user.arn, { ...value, ...forged });
    await putValue(stack, user.arn, value);

    const { exitCode, stdout } = await run("discard", "--secret-id", user.arn);

    expect(stdout).toContain(`of ${victim.username}, is refused: there is nothing to turn off.`);
    expect(exitCode).toBe(0);
    expect(await database.accepts(victim.username, victim.password)).toBe(true);
  });
});

test("tries no password on another server or without TLS to find the one that logs in", async () => {
  await using stranger = await startTcpProxy(database.address.port);
  const user = await newUser(running, stack);
  const value = await stack.value(user.arn);
  const working = await holder(stack, user.arn, "AWSCURRENT");
  await putValue(stack, user.arn, { ...value, port: stranger.port });
  await putValue(stack, user.arn, { ...value, ssl: false });
  await putValue(stack, user.arn, { ...value, ...WRONG });
  const withoutTls = await rescue(stack, ["--secret-id", user.arn], { caFile });
  expect(withoutTls.stdout).toContain("not tried: another server than AWSCURRENT's, or one without TLS");

  const { exitCode, stdout } = await run("unstick", "--secret-id", user.arn, "--try-unlabeled");

  expect(stdout).toContain("0 refused, 1 of another user, server or shape, then one accepted");
  expect(stdout).toContain("AWSCURRENT logs in.");
  expect(exitCode).toBe(0);
  expect(await holder(stack, user.arn, "AWSCURRENT")).toBe(working);

  await putValue(stack, user.arn, { ...value, port: stranger.port });
  await putValue(stack, user.arn, { ...value, ...WRONG });
  const explained = await rescue(stack, ["--secret-id", user.arn], { caFile });
  expect(explained.stdout).toContain("not tried: another server than AWSCURRENT's");
  expect(stranger.sent).toEqual([]);
});

test.each([
  ["is not JSON", "not JSON"],
  ["is of a product that is not known", JSON.stringify({ engine: "oracle" })],
])("AWSCURRENT %s: every command asks for a login to be stored", async (_what, value) => {
  const user = await newUser(running, stack);
  await putValue(stack, user.arn, value);

  for (const verb of ["unstick", "reset", "discard"]) {
    const { exitCode, stdout } = await run(verb, "--secret-id", user.arn);
    expect(stdout).toContain("put-secret-value");
    expect(exitCode).toBe(1);
  }
});

test("a name in a secret cannot move the cursor or start a line", async () => {
  const user = await newUser(running, stack);
  const username = "app\u001b[2K\r\nNothing is wrong\u009b2J\u202e";
  await putValue(stack, user.arn, { ...(await stack.value(user.arn)), username, [username]: "key" });

  const explained = await rescue(stack, ["--secret-id", user.arn], { caFile });
  const json = await rescue(stack, ["--secret-id", user.arn, "--json"], { caFile });
  const refused = await rescue(stack, ["reset", "--secret-id", user.arn], { caFile });
  // The engine refuses control characters, and not the one that reverses the direction of a line.
  await putValue(stack, user.arn, { ...(await stack.value(user.arn)), username: "app\u202e" });
  const reset = await rescue(stack, ["reset", "--secret-id", user.arn], { caFile, answers: ["n"] });

  for (const { stdout, stderr } of [explained, json, refused, reset]) {
    expect(`${stdout}${stderr}`).not.toMatch(/(?!\n)[\p{Cc}\u202e]|^Nothing is wrong/mu);
  }
  expect(explained.stdout).toContain(String.raw`app\u{1b}[2K\u{d}\u{a}Nothing is wrong`);
  expect(refused.stderr).toContain("The user name has a control character");
  expect(reset.stdout).toContain("is app\\u{202e}");
  const { versions } = JSON.parse(json.stdout);
  expect(versions).toContainEqual(expect.objectContaining({ labels: ["AWSCURRENT"], username }));
});

test("does not take a single user whose name was edited once for a pair of users", async () => {
  const user = await newUser(running, stack);
  await expectToRotate(running, stack, user);
  await putValue(stack, user.arn, { ...(await stack.value(user.arn)), username: "another" });

  const { stdout } = await rescue(stack, ["--secret-id", user.arn], { caFile });

  expect(stdout).toContain("setSecret fails: the database refuses the passwords of all labeled versions.");
});

test("reports a secret that is scheduled for deletion, and one that does not exist", async () => {
  const user = await newUser(running, stack);
  await stack.operator.send(new DeleteSecretCommand({ SecretId: user.arn }));

  const deleted = await rescue(stack, ["--secret-id", user.arn], { caFile });
  const missing = await rescue(stack, ["--secret-id", "nowhere"], { caFile });

  expect(deleted).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("restore-secret") });
  expect(missing).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("There is no secret nowhere"),
  });
});
