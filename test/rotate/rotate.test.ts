import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { UsageError } from "../../local/command-line.ts";
import { parseOptions } from "../../local/rotate/options.ts";
import { end, start } from "./program.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "npm-start-"));
  await chmod(folder, 0o755); // As root, the database server runs under another account.
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe("npm start", () => {
  it("prints the rotation in plain lines, leaves nothing behind, and exits with status 0", async () => {
    const { exitCode, stdout, stderr } = await end(start(folder));

    expect(exitCode, stderr).toBe(0);
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"]) {
      expect(stdout).toMatch(new RegExp(`${step} +\\d+ ms`));
    }
    expect(stdout).toMatch(/^ {2}server +ok +\d+ ms {2}PostgreSQL \d/m);
    expect(stdout).toContain("11 API calls, 0 failed");
    expect(stdout).toContain("2 logins of the function accepted, 0 rejected");
    expect(stdout).toContain("new password accepted, old password rejected");
    expect(stdout).not.toContain("\u001b");
    expect(await readdir(folder)).toEqual([]);
  });

  it("prints one JSON object and nothing else", async () => {
    const { exitCode, stdout, stderr } = await end(start(folder, "--json", "--rotations", "2"));

    expect(exitCode, stderr).toBe(0);
    const report = JSON.parse(stdout);
    expect(Object.keys(report)).toEqual([
      "engine",
      "strategy",
      "preflight",
      "rotations",
      "steps",
      "apiCalls",
      "failedApiCalls",
      "logins",
      "labels",
      "proof",
    ]);
    expect(report).toMatchObject({
      engine: "postgres",
      strategy: "single-user",
      preflight: { outcome: "healthy" },
      rotations: 2,
      apiCalls: {
        DescribeSecret: 8,
        GetSecretValue: 8,
        GetRandomPassword: 2,
        PutSecretValue: 2,
        UpdateSecretVersionStage: 2,
      },
      failedApiCalls: 0,
      logins: { accepted: 4, rejected: 0 },
      proof: { newPassword: "accepted", oldPassword: "rejected", asPromised: true },
    });
    expect(report.steps).toHaveLength(8);
    expect(report.steps[4]).toMatchObject({
      rotation: 2,
      step: "createSecret",
      milliseconds: expect.any(Number),
      apiCalls: { DescribeSecret: 1, GetSecretValue: 1, GetRandomPassword: 1, PutSecretValue: 1 },
      failedApiCalls: 0,
    });
    expect(Object.values(report.labels.before)).toEqual([["AWSCURRENT"]]);
    expect(Object.values(report.labels.after).flat().sort()).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
  });

  it("reports that the password before still logs in if two users alternate", async () => {
    const { exitCode, stdout } = await end(start(folder, "--json", "--strategy", "master-user"));

    const report = JSON.parse(stdout);
    expect(exitCode).toBe(0);
    expect(report.proof).toEqual({ newPassword: "accepted", oldPassword: "accepted", asPromised: true });
    expect(report.logins).toEqual({ accepted: 3, rejected: 0 });
    expect(report.apiCalls.GetSecretValue).toBe(5);
  });

  it("keeps everything running until Ctrl-C, prints how to connect, and then removes everything", async () => {
    const program = start(folder, "--keep");
    const lines = createInterface({ input: program.stdout ?? process.stdin });
    const told: string[] = [];
    lines.on("line", (line) => told.push(line));
    await vi.waitFor(() => expect(told.some((line) => line.includes("psql"))).toBe(true), 20_000);
    expect(await readdir(folder)).not.toEqual([]);

    process.kill(-Number(program.pid), "SIGINT");
    await once(program, "exit");

    expect(program.exitCode).toBe(0);
    expect(told.join("\n")).toContain("aws secretsmanager get-secret-value --secret-id app");
    await vi.waitFor(async () => expect(await readdir(folder)).toEqual([]), 5000);
  });

  it("removes everything when it is interrupted half-way", async () => {
    const program = start(folder, "--rotations", "1000");
    await once(createInterface({ input: program.stdout ?? process.stdin }), "line");

    process.kill(-Number(program.pid), "SIGINT");
    await once(program, "exit");

    expect(program.exitCode).toBe(130);
    await vi.waitFor(async () => expect(await readdir(folder)).toEqual([]), 5000);
  });
});

describe("npm start with wrong options", () => {
  it.each([
    ["--engin", ["--engin", "x"], "--engine"],
    ["an engine", ["--engine", "oracle"], "postgres"],
    ["a strategy", ["--strategy", "multi"], "single-user, master-user"],
    ["a number", ["--rotations", "0"], "from 1 to 1000"],
    ["a value", ["--rotations"], "--rotations"],
    ["a reason", ["--reproduce", "nothing"], "login-rejected"],
    ["what --reproduce decides", ["--reproduce", "locked", "--engine", "mysql"], "does not go with"],
    ["an argument", ["more"], "--strategy"],
  ])("rejects %s with the valid options in one sentence", (_what, args, valid) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(valid);
    expect(() => parseOptions(args)).toThrow(/^.*$/);
  });

  it("prints the sentence alone, and exits with status 2", async () => {
    const { exitCode, stdout, stderr } = await end(start(folder, "--engin", "x"));

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(/^.*--engine.*\n$/);
  });

  it("prints its options with --help", async () => {
    const { exitCode, stdout } = await end(start(folder, "--help"));

    expect(exitCode).toBe(0);
    for (const option of ["--engine", "--strategy", "--rotations", "--json", "--keep", "--reproduce"]) {
      expect(stdout).toContain(option);
    }
  });
});
