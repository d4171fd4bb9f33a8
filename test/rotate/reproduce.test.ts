import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../local/database.ts";
import { startDatabase } from "../../local/engines.ts";
import { fail, repairAndRotate } from "../../local/rotate/reproduce/reproduce.ts";
import type { Reproduction } from "../../local/rotate/reproduce/reproduction.ts";
import { type Deployment, deploy, openSetup } from "../../local/rotate/reproduce/reproduction-setup.ts";
import { REPRODUCIBLE, REPRODUCTIONS } from "../../local/rotate/reproduce/table.ts";
import { availableEngines } from "../available-servers.ts";
import { end, start } from "./program.ts";

describe.each(await availableEngines())("npm start -- --reproduce on %s", (engine) => {
  const reasons = REPRODUCIBLE.filter((reason) => REPRODUCTIONS[reason].engine === engine);
  const cleanUp = new AsyncDisposableStack();
  let database: Database;
  /** Deployments by strategy and timeout. The reasons share a function, but each has its own user and secret. */
  const deployments = new Map<string, Deployment>();

  beforeAll(async () => {
    database = cleanUp.use(await startDatabase(engine));
  });
  afterAll(() => cleanUp.disposeAsync());

  async function deployed(reproduction: Reproduction): Promise<Deployment> {
    const key = `${reproduction.strategy} ${reproduction.timeoutSeconds}`;
    const deployment = deployments.get(key) ?? cleanUp.use(await deploy(database, reproduction));
    deployments.set(key, deployment);
    return deployment;
  }

  it.each(reasons)("fails with the reason %s alone, and rotates after the remedy", async (reason) => {
    const reproduction: Reproduction = REPRODUCTIONS[reason];
    const deployment = await deployed(reproduction);
    const setup = await openSetup(deployment, reproduction, `app_${reasons.indexOf(reason)}`);

    const failure = await fail(setup, reproduction);
    const stillFails = await repairAndRotate(setup, reproduction);

    expect(failure?.reason, failure?.message).toBe(reason);
    // The program shows these as cause and remedy. For a malformed event, the function logs no line of a step.
    expect(failure?.step === undefined).toBe(reason === "malformed-event");
    expect(stillFails).toBeUndefined();
  });
});

it("npm start -- --reproduce prints what is broken, what the function logs and what repairs it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "npm-start-"));
  try {
    await chmod(folder, 0o755); // As root, the database server runs under another account.
    const { exitCode, stdout, stderr } = await end(start(folder, "--reproduce", "login-not-allowed"));

    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain("Broken: the user has NOLOGIN");
    expect(stdout).toMatch(
      /^ {2}reason {2}login-not-allowed\n {2}step {4}setSecret\n {2}cause {3}\S.*\n {2}remedy {2}\S/m,
    );
    expect(stdout).toMatch(/Repaired: the user has LOGIN\n.*\n {2}The rotation succeeded\./);
    expect(stdout).toContain("docs/troubleshooting.md#login-not-allowed");
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
