import { spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mariadb } from "../../functions/mariadb/engine.ts";
import { mysql } from "../../functions/mysql/engine.ts";
import { startMysqlDatabase } from "../../local/servers/mysql/database.ts";
import { careful } from "../../shared/engine/careful-engine.ts";
import { failure, labOf, MASTER } from "../mysql/given.ts";
import { startMariadbLab } from "./given.ts";

test("it serves the engine that AWS calls mariadb, and has MySQL's port and defaults", () => {
  const { names, defaultPort, defaultDatabase, excludedCharacters } = mariadb;
  expect(names).toEqual(["mariadb"]);
  expect([defaultPort, defaultDatabase, excludedCharacters]).toEqual([3306, undefined, "/@\"'\\"]);
});

test("a name of 110 characters has a marker role of 128, and a longer one is refused", () => {
  expect(mariadb.refusal("é".repeat(110), "password")).toBeUndefined();
  expect(mariadb.refusal("é".repeat(111), "password")).toContain("110 characters");
});

test("a MySQL server is refused with a sentence", async () => {
  await using lab = await labOf(mysql, await startMysqlDatabase());

  const { reason, message } = await failure(
    careful(mariadb).connect(lab.login(MASTER.username, MASTER.password), lab.invocation()),
  );

  expect(reason).toBe("unsupported");
  expect(message).toContain('"engine": "mysql"');
});

test.each([
  ["10.5.29-MariaDB-log", false],
  ["10.6.0-MariaDB", true],
  ["11.4.2-MariaDB", true],
])("a server that calls itself %s", async (version, served) => {
  await using lab = await startMariadbLab(undefined, { settings: { version } });
  const { username, password } = await lab.newAccount();

  const work = lab.session(username, password).then((session) => session[Symbol.asyncDispose]());

  if (served) await work;
  else expect((await failure(work)).message).toContain("10.6");
});

test.each([
  ["mariadb", "../mysql/sql.ts", true],
  ["mariadb", "../../shared/report/errors.ts", true],
  ["mariadb", "../postgres/sql.ts", false],
  ["mariadb", "mysql2", false],
  ["mysql", "../mariadb/engine.ts", false],
  ["postgres", "../mysql/sql.ts", false],
  ["postgres", "../mariadb/engine.ts", false],
])("the linter on functions/%s/ importing %s", async (engine, imported, allowed) => {
  const repository = join(import.meta.dirname, "../..");
  // Outside the repository: a file that breaks the rule would fail every lint run of this repository.
  const folder = await mkdtemp(join(tmpdir(), "linted-"));
  try {
    await copyFile(join(repository, "biome.json"), join(folder, "biome.json"));
    await mkdir(join(folder, "functions", engine), { recursive: true });
    await writeFile(join(folder, "functions", engine, "engine.ts"), `import "${imported}";\n`);
    const options = ["lint", "--vcs-enabled=false", "--only=style/noRestrictedImports"];
    const { status, stderr } = spawnSync(join(repository, "node_modules/.bin/biome"), options, {
      cwd: folder,
    });
    expect(status, String(stderr)).toBe(allowed ? 0 : 1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
