import { afterAll, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { startDatabase, startPostgresStack } from "../support/fixture.ts";
import { startResuming } from "../support/resuming.ts";
import { newUser } from "../support/users.ts";

await using started = new AsyncDisposableStack();
const database = started.use(await startDatabase());
const stack = started.use(await startPostgresStack(database));
const hurried = started.use(await startPostgresStack(database, { timeoutSeconds: 8 }));
const cleanUp = started.move();
const fixture = { database, stack };

afterAll(() => cleanUp.disposeAsync());

test("rotates with a server that answers 6 s after it has accepted the connection, and the log says what took so long", async () => {
  await using resuming = await startResuming(database.server.port, 6_000);
  const user = await newUser(fixture, { secret: { port: resuming.port } });

  expect(await stack.rotate(user.arn)).toEqual({ succeeded: true, error: undefined });

  const lines = stack.log.filter((line) => line.includes(user.arn) && line.includes('"WARN"'));
  expect(lines.join("\n")).toMatch(/The login of app_\d+ at localhost:\d+ took [67] s\./);
});

test("a server that accepts the connection and never answers is not told to be unreachable", async () => {
  await using silent = await startResuming(database.server.port, 3_600_000);
  const user = await newUser({ database, stack: hurried }, { secret: { port: silent.port } });

  const failure = await failedRotation(hurried, user.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "unavailable" });
  expect(failure.message).toContain("accepted the connection");
  expect(failure.message).not.toContain("security group");
  expect(failure.milliseconds).toBeLessThan(8000);
});

test("a port that nothing accepts connections at is unreachable", async () => {
  const user = await newUser(fixture, { secret: { port: 1 } });

  expect(await failedRotation(stack, user.arn)).toMatchObject({ step: "setSecret", reason: "unreachable" });
});
