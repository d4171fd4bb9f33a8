import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { keepsAnsweringOn, trafficDuring } from "./application.ts";
import { end, start } from "./program.ts";

keepsAnsweringOn("postgres", {
  "single-user": { rejectsLogins: true },
  "master-user": { rejectsLogins: false },
});

it("queries of an application that does not retry fail during single-user rotations", async () => {
  const traffic = await trafficDuring("postgres", "single-user", {
    attempts: 1,
    firstPause: 0,
    longestPause: 0,
  });

  expect(traffic.failedQueries).toBeGreaterThan(0);
  expect(traffic.failedQueries).toBe(traffic.rejectedLogins);
}, 120_000);

it("npm start -- --with-client reports the queries and the rejected logins", async () => {
  const folder = await mkdtemp(join(tmpdir(), "npm-start-"));
  try {
    await chmod(folder, 0o755); // As root, the database server runs under another account.
    const { exitCode, stdout, stderr } = await end(start(folder, "--with-client"));

    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/The application, with a pool and a cached secret\n {2}\d+ queries, \d+ logins\n/);
    expect(stdout).toMatch(/no login was rejected|\d+ logins were rejected/);
    expect(stdout).toContain("0 queries failed");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
