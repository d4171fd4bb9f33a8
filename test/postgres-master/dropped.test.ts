import { afterAll, expect, test } from "vitest";
import { startDrivenStack } from "../support/driven.ts";
import { failedRotation } from "../support/failures.ts";
import { startDatabase } from "../support/fixture.ts";
import { holder, reattempt } from "../support/operator.ts";
import { newTwins, rotated, whoIs } from "./twins.ts";

await using started = new AsyncDisposableStack();
const database = started.use(await startDatabase());
const { stack, stage, invoke } = await startDrivenStack(database, { bundle: "postgres-master-user" });
started.use(stack);
const cleanUp = started.move();
const fixture = { database, stack };
const { server } = database;

afterAll(() => cleanUp.disposeAsync());

const drop = (role: string) => server.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);

test("a base user that was dropped while its clone is current: no twin of nobody is made, and the error brings it back", async () => {
  const twins = await newTwins(fixture);
  await rotated(fixture, twins);
  await drop(twins.username);

  const failure = await failedRotation(stack, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "difference" });
  const [, statements = ""] =
    /as an administrator: (.+?) - then grant it what it had/.exec(failure.message) ?? [];
  await server.query(`${statements}; GRANT ${twins.username} TO ${twins.master.username} WITH ADMIN OPTION`);
  expect(await reattempt(stack, twins.arn)).toBe(true);
  expect(await whoIs(fixture, twins)).toEqual({ login: twins.username, acts: twins.username });
});

test("a base user that is dropped after its clone was prepared: the clone, which may do nothing any more, is not promoted", async () => {
  const twins = await newTwins(fixture);
  const before = await holder(stack, twins.arn, "AWSCURRENT");
  const token = await stage(twins.arn);
  for (const step of ["createSecret", "setSecret"] as const) await invoke(step, twins.arn, token);
  await drop(twins.username);

  await expect(invoke("testSecret", twins.arn, token)).rejects.toThrow(`there is no role ${twins.username}`);
  await expect(invoke("finishSecret", twins.arn, token)).rejects.toThrow(
    `there is no role ${twins.username}`,
  );

  expect(await holder(stack, twins.arn, "AWSCURRENT")).toBe(before);
});
