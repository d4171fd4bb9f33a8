import { describe, expect, test } from "vitest";
import { type Rescued, rescue } from "../support/rescue.ts";
import {
  abandonedAfter,
  commandsIn,
  expectToRotate,
  newUser,
  serverAndFunctions,
  type User,
} from "./server-and-functions.ts";

// The server answers, and refuses the user for another reason than its password: no password helps then.

const running = await serverAndFunctions("postgres");
const { singleUser, stack, caFile } = running;

const explain = ({ arn }: User) => rescue(stack, ["--secret-id", arn], { caFile });
const statementIn = ({ stdout, stderr }: Rescued) =>
  /as an administrator: (.+?)(?: - |$)/m.exec(`${stdout}${stderr}`)?.[1] ??
  expect.fail("No statement is told.");

const HEALTHY = { exitCode: 0, stdout: expect.stringContaining("Nothing is wrong") };

describe("explain reports the problem and its remedy:", () => {
  test("a role without LOGIN, whose password reset does not change", async () => {
    const user = await newUser(running, stack);
    await running.administer(`ALTER ROLE ${user.username} NOLOGIN`);

    const explained = await explain(user);

    expect(explained).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(
        /^Something is wrong\n {2}A login with AWSCURRENT fails for another reason.*28000/m,
      ),
    });
    expect(explained.stdout).not.toContain("could not be asked");
    const reset = await rescue(stack, ["reset", "--secret-id", user.arn, "--yes"], { caFile });
    expect(reset).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^login-not-allowed: /) });
    await running.administer(statementIn(explained));
    expect(await explain(user)).toMatchObject(HEALTHY);
  });

  test("a role that has reached its connection limit", async () => {
    const user = await newUser(running, stack);
    await running.administer(`ALTER ROLE ${user.username} CONNECTION LIMIT 0`);

    const { exitCode, stdout } = await explain(user);

    expect(stdout).toMatch(/^Something is wrong\n.*Raise max_connections or the role's CONNECTION LIMIT/m);
    expect(exitCode).toBe(1);
    await running.administer(`ALTER ROLE ${user.username} CONNECTION LIMIT 1`);
    expect(await explain(user)).toMatchObject(HEALTHY);
  });

  test("a database that does not exist, with which the next rotation fails as well", async () => {
    const user = await newUser(running, stack, { dbname: "nowhere" });
    await expect(expectToRotate(running, stack, user)).rejects.toThrow();

    const { exitCode, stdout } = await explain(user);

    expect(stdout).toContain("setSecret fails with the same error as this login.");
    expect(stdout).toContain("Correct dbname in the secret.");
    expect(exitCode).toBe(1);
  });

  test("a role without LOGIN and an unfinished rotation, and unstick refuses until the role may log in", async () => {
    const user = await newUser(running, stack);
    await abandonedAfter(singleUser, user, "createSecret");
    await running.administer(`ALTER ROLE ${user.username} NOLOGIN`);

    const explained = await explain(user);
    const unstuck = await rescue(stack, ["unstick", "--secret-id", user.arn, "--yes"], { caFile });

    expect(explained.stdout).toMatch(
      /A login with AWSCURRENT fails for another reason.*\n +A rotation is unfinished/,
    );
    expect(explained.exitCode).toBe(1);
    expect(unstuck.stdout).toContain("Remove that cause first, then run this command again.");
    expect(unstuck.exitCode).toBe(1);
    await running.administer(statementIn(unstuck));
    const again = await rescue(stack, ["unstick", "--secret-id", user.arn, "--yes"], { caFile });
    expect(again.exitCode).toBe(0);
    await expectToRotate(running, stack, user);
  });
});

describe("reset reports what still prevents the login:", () => {
  const reset = async (attribute: string) => {
    const user = await newUser(running, stack, { password: "of nobody at all" });
    await running.administer(`ALTER ROLE ${user.username} ${attribute}`);
    return { user, outcome: await rescue(stack, ["reset", "--secret-id", user.arn, "--yes"], { caFile }) };
  };

  test("the role is expired", async () => {
    const { user, outcome } = await reset("VALID UNTIL 'yesterday'");

    expect(outcome.stderr).toContain("The password was set, and the database still refuses the login.");
    expect(outcome.stderr).toContain("whether the account has expired");
    expect(outcome.exitCode).toBe(1);
    expect(commandsIn({ stdout: outcome.stderr })).toEqual(["npm run rescue -- explain"]);
    await running.administer(`ALTER ROLE ${user.username} VALID UNTIL 'infinity'`);
    expect(await explain(user)).toMatchObject(HEALTHY);
  });

  test("the role has NOLOGIN, which the server reports only for the right password", async () => {
    const { user, outcome } = await reset("NOLOGIN");

    expect(outcome.exitCode).toBe(1);
    await running.administer(statementIn(outcome));
    expect(await explain(user)).toMatchObject(HEALTHY);
  });
});
