import { afterAll, expect, test } from "vitest";
import { refusal } from "../support/failures.ts";
import { reattempt } from "../support/operator.ts";
import { startLab } from "./lab.ts";
import { column, execute, newTwins, rotated, rotatedTwice, whoIs } from "./twins.ts";

const lab = await startLab();
const { driven, stack, fixture, server } = lab;
await server.query("CREATE DATABASE archive");

afterAll(() => lab[Symbol.asyncDispose]());

test("a clone that acts as the user goes on doing so when somebody grants it something of its own", async () => {
  const twins = await newTwins(fixture);
  await rotated(fixture, twins);
  await using archive = await server.connect("archive");
  await archive.query("CREATE TABLE gift (id INT)");
  await archive.query(`GRANT SELECT ON gift TO ${twins.clone}`);

  await rotatedTwice(fixture, twins);

  expect(await whoIs(fixture, twins)).toEqual({ login: twins.clone, acts: twins.username });
});

test("what somebody grants to a clone that acts as the user is the user's from the next rotation on", async () => {
  const twins = await newTwins(fixture);
  await rotated(fixture, twins);
  await server.query(`CREATE TABLE tip_${twins.username} (id INT)`);
  await server.query(`GRANT SELECT ON tip_${twins.username} TO ${twins.clone}`);
  await server.query(`GRANT ALL ON tip_${twins.username} TO ${twins.master.username} WITH GRANT OPTION`);
  await server.query(`ALTER TABLE tip_${twins.username} OWNER TO ${twins.username}`);

  await rotatedTwice(fixture, twins);

  const acl = await column(
    server,
    `SELECT relacl::text FROM pg_class WHERE relname = 'tip_${twins.username}'`,
  );
  expect(String(acl)).not.toContain(twins.clone);
  await execute(fixture, twins, `SELECT FROM tip_${twins.username}`);
});

test("a privilege that somebody grants to the clone alone stops it from being promoted, until it is revoked", async () => {
  const twins = await newTwins(fixture);
  const token = await driven.stage(twins.arn);
  for (const step of ["createSecret", "setSecret"] as const) await driven.invoke(step, twins.arn, token);
  await server.query(`CREATE TABLE spoils_${twins.username} (id INT)`);
  await server.query(`GRANT SELECT ON spoils_${twins.username} TO ${twins.clone}`);

  const failure = await refusal(stack, {
    Step: "testSecret",
    SecretId: twins.arn,
    ClientRequestToken: token,
  });

  expect(failure.reason).toBe("difference");
  expect(failure.message).toContain(`was granted SELECT ON TABLE public.spoils_${twins.username} itself`);
  await server.query(`REVOKE SELECT ON spoils_${twins.username} FROM ${twins.clone}`);
  expect(await reattempt(stack, twins.arn)).toBe(true);
});
