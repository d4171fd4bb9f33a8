import { afterAll, expect, test } from "vitest";
import { failedRotation, refusal } from "../support/failures.ts";
import { reattempt } from "../support/operator.ts";
import { startLab } from "./lab.ts";
import { column, execute, newPair, rotated, rotatedTwice, whoIs } from "./pairs.ts";

const lab = await startLab();
const { stepwise, stack, fixture, server } = lab;
await server.query("CREATE DATABASE archive");

afterAll(() => lab[Symbol.asyncDispose]());

test("a privilege of the clone alone stops setSecret, in whatever database it is, until the statements are executed", async () => {
  const users = await newPair(fixture);
  await rotated(fixture, users);
  await using archive = await server.connect("archive");
  await archive.query("CREATE TABLE gift (id INT)");
  await archive.query(`GRANT SELECT ON gift TO ${users.clone}`);

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "privilege-mismatch" });
  const [, statements = ""] = /Run as an administrator in "archive": (.+)$/.exec(failure.message) ?? [];
  await archive.query(statements);
  expect(await reattempt(stack, users.arn)).toBe(true);
  await rotated(fixture, users);
  expect(await whoIs(fixture, users)).toEqual({ login: users.clone, acts: users.username });
});

test("takes a privilege from the clone that the user has as the owner", async () => {
  const users = await newPair(fixture);
  await rotated(fixture, users);
  await server.query(`CREATE TABLE tip_${users.username} (id INT)`);
  await server.query(`GRANT SELECT ON tip_${users.username} TO ${users.clone}`);
  await server.query(`GRANT ALL ON tip_${users.username} TO ${users.master.username} WITH GRANT OPTION`);
  await server.query(`ALTER TABLE tip_${users.username} OWNER TO ${users.username}`);

  await rotatedTwice(fixture, users);

  const acl = await column(
    server,
    `SELECT relacl::text FROM pg_class WHERE relname = 'tip_${users.username}'`,
  );
  expect(String(acl)).not.toContain(users.clone);
  await execute(fixture, users, `SELECT FROM tip_${users.username}`);
});

test("a privilege that is granted to the clone alone after setSecret keeps it from being promoted, until it is revoked", async () => {
  const users = await newPair(fixture);
  const token = await stepwise.stage(users.arn);
  for (const step of ["createSecret", "setSecret"] as const) await stepwise.invoke(step, users.arn, token);
  await server.query(`CREATE TABLE spoils_${users.username} (id INT)`);
  await server.query(`GRANT SELECT ON spoils_${users.username} TO ${users.clone}`);

  const failure = await refusal(stack, {
    Step: "testSecret",
    SecretId: users.arn,
    ClientRequestToken: token,
  });

  expect(failure.reason).toBe("privilege-mismatch");
  expect(failure.message).toContain(`was granted privileges on public.spoils_${users.username} itself`);
  await server.query(`REVOKE SELECT ON spoils_${users.username} FROM ${users.clone}`);
  expect(await reattempt(stack, users.arn)).toBe(true);
});
