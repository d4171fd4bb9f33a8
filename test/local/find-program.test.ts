import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findProgram, NoServer } from "../../local/servers/find-program.ts";
import { MARIADB } from "../../local/servers/mariadb/product.ts";
import { MYSQL } from "../../local/servers/mysql/product.ts";
import { atLeast } from "../../local/servers/version.ts";

/** A machine whose PATH has flock and no apt-get, and whose cache is empty. */
let path: string;
let cache: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "path-"));
  cache = await mkdtemp(join(tmpdir(), "cache-"));
  for (const name of ["flock", "cat"])
    await symlink(
      execFileSync("/bin/sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim(),
      join(path, name),
    );
  vi.stubEnv("PATH", path);
  vi.stubEnv("XDG_CACHE_HOME", cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(path, { recursive: true });
  await rm(cache, { recursive: true });
});

async function install(program: string, version: string): Promise<void> {
  await writeFile(join(path, program), `#!/bin/sh\necho "${program}  Ver ${version} for Linux"\n`, {
    mode: 0o755,
  });
}

const report = () => {};

describe("where packages can't be fetched, a server", () => {
  it("uses the installed programs", async () => {
    await install("mysqld", "8.4.3");
    expect(await findProgram(MYSQL, { report })).toMatchObject({
      version: "8.4.3",
      command: [join(path, "mysqld")],
    });
  });

  it.each([
    [MYSQL, "mysqld", "8.0.20"],
    [MYSQL, "mysqld", "10.11.6-MariaDB"],
    [MARIADB, "mariadbd", "10.5.29-MariaDB"],
  ])("ignores programs of another version or product (%#)", async (product, program, version) => {
    await install(program, version);
    const error = await findProgram(product, { report }).catch((error) => error);
    expect(error).toBeInstanceOf(NoServer);
    expect(error.message).toContain(`has the version ${version}, which is too old or not ${product.name}.`);
  });

  it("is reported as missing, with how to install it", async () => {
    const error = await findProgram(MARIADB, { report }).catch((error) => error);
    expect(error).toBeInstanceOf(NoServer);
    expect(error.message).toContain("or install MariaDB.");
    expect(error.message).toContain("There is no mariadbd in PATH.");
  });

  it("of a chosen version is not replaced by the installed one, and leaves nothing in the cache", async () => {
    await install("mariadbd", "11.8.6-MariaDB");
    await expect(findProgram(MARIADB, { report, version: "11.8" })).rejects.toThrow(NoServer);
    const left = await readdir(cache, { recursive: true });
    expect(left.filter((name) => name.includes("partial"))).toEqual([]);
  });
});

describe("a version", () => {
  it("that the product does not list is reported with those that it lists", async () => {
    await expect(findProgram(MYSQL, { report, version: "8.0.13" })).rejects.toThrow(
      "valid values are 8.0.31",
    );
  });

  it.each([
    ["8.0.21", true],
    ["8.0.100-2", true],
    ["8.4.3-0ubuntu1", true],
    ["9.7.4-2", true],
    ["8.0.20", false],
    ["8.0.9", false],
    ["5.7.44", false],
  ])("%s is at least 8.0.21: %s", (version, expected) => {
    expect(atLeast(version, "8.0.21")).toBe(expected);
  });
});
