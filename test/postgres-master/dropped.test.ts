import { afterAll, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { startDatabase } from "../support/fixture.ts";
import { holder, reattempt } from "../support/operator.ts";
import { startStepwiseStack } from "../support/stepwise-stack.ts";
import { newPair, rotated, whoIs } from "./pairs.ts";

await using started = new AsyncDisposableStack();
const database = started.use(await startDatabase());
const { stack, stage, invoke } = await startStepwiseStack(database, { bundle: "postgres-master-user" });
started.use(stack);
const cleanUp = started.move();
const fixture = { database, stack };
const { server } = database;

afterAll(() => cleanUp.disposeAsync());

const drop = (role: string) => server.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);

test("refuses to rotate if the base user was dropped while its clone is current, and prints the statements that restore it", async () => {
  const users = await newPair(fixture);
  await rotated(fixture, users);
  await drop(users.username);

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "privilege-mismatch" });
  const [, statements = ""] =
    /as an administrator: (.+?) - then grant it what it had/.exec(failure.message) ?? [];
  await server.query(`${statements}; GRANT ${users.username} TO ${users.master.username} WITH ADMIN OPTION`);
  expect(await reattempt(stack, users.arn)).toBe(true);
  expect(await whoIs(fixture, users)).toEqual({ login: users.username, acts: users.username });
});

test("a base user that is dropped after its clone was prepared: the clone, which may do nothing any more, is not promoted", async () => {
  const users = await newPair(fixture);
  const before = await holder(stack, users.arn, "AWSCURRENT");
  const token = await stage(users.arn);
  for (const step of ["createSecret", "setSecret"] as const) await invoke(step, users.arn, token);
  await drop(users.username);

  await expect(invoke("testSecret", users.arn, token)).rejects.toThrow(`there is no role ${users.username}`);
  await expect(invoke("finishSecret", users.arn, token)).rejects.toThrow(
    `there is no role ${users.username}`,
  );

  expect(await holder(stack, users.arn, "AWSCURRENT")).toBe(before);
});
