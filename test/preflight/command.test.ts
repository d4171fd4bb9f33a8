import * as v from "valibot";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UsageError } from "../../local/command-line.ts";
import { parseOptions } from "../../preflight/options.ts";
import { reportSchema } from "../../preflight/schema.ts";
import { findSecrets } from "../support/find-secrets.ts";
import { startDatabase } from "../support/fixture.ts";
import { passwordsOf } from "../support/rescue.ts";
import { type LambdaService, preflight, startLambda } from "./command.ts";
import { openWorld, type TestDatabase, type World } from "./world.ts";

const cleanUp = new AsyncDisposableStack();
let database: TestDatabase;
let world: World;
let lambda: LambdaService;
const FUNCTION = "postgres-master-user";

beforeAll(async () => {
  database = cleanUp.use(await startDatabase());
  world = cleanUp.use(await openWorld(database, "postgres", "master-user"));
  lambda = cleanUp.use(await startLambda(world.stack));
});
afterAll(() => cleanUp.disposeAsync());

async function run(...args: string[]) {
  const ended = await preflight(world.stack, lambda, args, { DATABASE_CA_FILE: database.caFile });
  expect(findSecrets(passwordsOf(world.stack), `${ended.stdout}${ended.stderr}`)).toEqual([]);
  return ended;
}

test("prints a table with every check of a healthy secret, and exits with 0", async () => {
  const { arn, clone } = await world.newUser();
  const { exitCode, stdout, stderr } = await run("--function", FUNCTION, "--secret-id", arn);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain(arn);
  expect(stdout).toMatch(
    /^tls {2,}ok {2,}\d+ ms {2}TLSv1\.3, the certificate is issued by .* and valid until /m,
  );
  expect(stdout).toMatch(/^server {2,}ok {2,}\d+ ms {2}PostgreSQL \d/m);
  expect(stdout).toContain(`CREATE ROLE "${clone}" LOGIN`);
  expect(stdout).toMatch(/^Healthy: no check that works without writing/m);
});

test("asks about every secret of the function with --all, and exits with 1 if one is unhealthy", async () => {
  const [healthy, broken] = [await world.newUser(), await world.newUser()];
  await world.sql(`ALTER ROLE ${broken.name} NOLOGIN`);
  const { exitCode, stdout } = await run("--function", world.stack.rotationFunction.arn, "--all", "--json");
  expect(exitCode).toBe(1);
  const reports = v.parse(v.array(reportSchema), JSON.parse(stdout));
  const outcomes = new Map(reports.map(({ secret, outcome }) => [secret, outcome]));
  expect(outcomes.get(healthy.arn)).toBe("healthy");
  expect(outcomes.get(broken.arn)).toBe("unhealthy");
  expect(outcomes.has(healthy.masterArn)).toBe(false);
  await world.sql(`ALTER ROLE ${broken.name} LOGIN`);
});

test("exits with 1 with --all if no secret names the function, as with a mistyped name", async () => {
  const { exitCode, stdout, stderr } = await run("--function", "mistyped", "--all", "--json");
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "[]\n" });
  expect(stderr).toContain("No secret names this function.");
});

test("runs the same checks from here with --local", async () => {
  const { arn } = await world.newUser();
  const local = await run("--local", "--strategy", "master-user", "--secret-id", arn, "--json");
  const there = await run("--function", FUNCTION, "--secret-id", arn, "--json");
  const checks = ({ stdout }: { stdout: string }) =>
    v
      .parse(v.array(reportSchema), JSON.parse(stdout))[0]
      ?.checks.map(({ name, status, cause }) => ({ name, status, cause }));
  expect(checks(local)).toEqual(checks(there));
});

test.each([
  [[], "either --function"],
  [["--function", "f"], "either --secret-id"],
  [["--function", "f", "--local", "--secret-id", "s"], "either --function"],
  [["--local", "--all"], "--all needs --function"],
  [["--function", "f", "--all", "--strategy", "single-user"], "--strategy needs --local"],
  [["--local", "--secret-id", "s", "--strategy", "both"], "valid values are"],
  [["--lokal"], "valid options are"],
])("rejects %j", (args, says) => {
  expect(() => parseOptions(args)).toThrow(UsageError);
  expect(() => parseOptions(args)).toThrow(says);
});

test("exits with 2 over wrong options", async () => {
  const { exitCode, stderr } = await run("--lokal");
  expect(exitCode).toBe(2);
  expect(stderr).toContain("valid options are");
});

test("exits with 1 and one sentence if there is no such function, or no report", async () => {
  const missing = await run("--function", "nothing", "--secret-id", "s");
  expect(missing.exitCode).toBe(1);
  expect(missing.stdout).toContain("Invoke failed: ResourceNotFoundException");
  expect((await run("--help")).stdout).toContain("Exit status");
});
