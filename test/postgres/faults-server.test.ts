import { afterAll, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { findSecrets } from "../support/find-secrets.ts";
import { startDatabase, startPostgresStack } from "../support/fixture.ts";
import { reattempt } from "../support/operator.ts";
import { followRescue } from "../support/remedies.ts";
import { holdRow, untilBlocked, untilGone } from "../support/sessions.ts";
import { currentPassword, newUser, whatApplicationsUse } from "../support/users.ts";

/** Of the function that is to give up soon. */
const SECONDS = 6;

await using started = new AsyncDisposableStack();
/** The module checks passwords that it gets to see, and must be loaded when the server starts. */
const database = started.use(
  await startDatabase({ settings: { shared_preload_libraries: "passwordcheck" } }),
);
const stack = started.use(await startPostgresStack(database));
const impatient = started.use(await startPostgresStack(database, { timeoutSeconds: SECONDS }));
const environment = { DATABASE_CA_FILE: database.caFile, PASSWORD_IN_SQL: "plaintext" };
const plaintext = started.use(
  await startPostgresStack(database, { environment: { ...environment, PASSWORD_LENGTH: "6" } }),
);
const cleanUp = started.move();
const { server } = database;

afterAll(() => cleanUp.disposeAsync());

test("V7 V24 another transaction holds the role's row: an error in good time, without a password in the server's log or a session left, and a retry works when it is over", async () => {
  const fixture = { database, stack: impatient };
  const user = await newUser(fixture);
  const before = await whatApplicationsUse(fixture, user);
  const row = await holdRow(server, user.username);

  const failure = await failedRotation(impatient, user.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "locked" });
  expect(failure.message).toContain("pg_locks");
  expect(failure.milliseconds).toBeLessThan(SECONDS * 1000);
  expect(await whatApplicationsUse(fixture, user)).toEqual(before);
  await untilGone(server, user.username);
  const pending = await impatient.value(user.arn, { VersionStage: "AWSPENDING" });
  const log = await server.log();
  expect(log).toMatch(new RegExp(`STATEMENT: [^]*ALTER ROLE "${user.username}" PASSWORD 'SCRAM-SHA-256`));
  expect(findSecrets([user.password, String(pending.password)], log)).toEqual([]);
  await row.end("ROLLBACK");
  expect(await reattempt(impatient, user.arn)).toBe(true);
});

test("V7 a transaction that ends in time is waited for", async () => {
  const fixture = { database, stack };
  const user = await newUser(fixture);
  const row = await holdRow(server, user.username);

  const rotation = stack.rotate(user.arn);
  await untilBlocked(server, user.username);
  await row.end("ROLLBACK");

  expect((await rotation).succeeded).toBe(true);
  expect(await database.accepts(user.username, await currentPassword(fixture, user))).toBe(true);
});

test("V7 changes the password again if another transaction has changed the role in the meantime", async () => {
  const fixture = { database, stack };
  const user = await newUser(fixture);
  const row = await holdRow(server, user.username);

  const rotation = stack.rotate(user.arn);
  await untilBlocked(server, user.username);
  await row.end("COMMIT");

  expect((await rotation).succeeded).toBe(true);
  expect(await database.accepts(user.username, await currentPassword(fixture, user))).toBe(true);
});

test("V19 a password that the server's check refuses: the error tells what to change, and that helps", async () => {
  const fixture = { database, stack: plaintext };
  const user = await newUser(fixture);
  const before = await whatApplicationsUse(fixture, user);

  const failure = await failedRotation(plaintext, user.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "password-refused" });
  expect(failure.message).toContain("change PASSWORD_LENGTH and the EXCLUDE_ variables");
  expect(await whatApplicationsUse(fixture, user)).toEqual(before);
  expect(await reattempt(plaintext, user.arn)).toBe(false);
  await plaintext.rotationFunction.configure({ ...environment, PASSWORD_LENGTH: "32" });
  expect(await followRescue(plaintext, failure.message, database.caFile)).toBe("unstick");
  expect((await plaintext.rotate(user.arn)).succeeded).toBe(true);
  expect(await database.accepts(user.username, await currentPassword(fixture, user))).toBe(true);
});
