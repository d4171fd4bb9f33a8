import { execFile } from "node:child_process";
import { chmod, cp, mkdtemp, readFile, rm, symlink, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENGINE_NAMES, strategiesOf } from "../../local/engines.ts";
import { ROOT } from "../template/template.ts";

const run = promisify(execFile);
const FUNCTIONS = ENGINE_NAMES.flatMap((engine) =>
  strategiesOf(engine).map((strategy) => `${engine}-${strategy}`),
).sort();

let folder: string;
const read = (name: string) => readFile(join(folder, name));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "release-"));
  await run(process.execPath, ["deploy/release/main.ts", "--to", folder], { cwd: ROOT });
});

afterAll(() => rm(folder, { recursive: true }));

describe("a release", () => {
  it.each(FUNCTIONS)("has %s as a zip file with the files of dist/, readable by Lambda", async (name) => {
    const files = unzipSync(await read(`${name}.zip`));

    expect(Object.keys(files).sort()).toEqual(["THIRD-PARTY-LICENSES.txt", "index.mjs", "third-party.json"]);
    for (const [file, content] of Object.entries(files)) {
      expect(Buffer.from(content).equals(await readFile(join(ROOT, "dist", name, file)))).toBe(true);
    }
    const { stdout } = await run("python3", ["-c", MODES, join(folder, `${name}.zip`)]);
    expect(new Set(stdout.trim().split("\n"))).toEqual(new Set(["0o100644"]));
  });

  it("has checksums of all its files, in the format of sha256sum", async () => {
    const { stdout } = await run("sha256sum", ["--check", "SHA256SUMS"], { cwd: folder });

    const names = stdout.trim().split("\n");
    expect(names.every((line) => line.endsWith(": OK"))).toBe(true);
    expect(names.map((line) => line.replace(": OK", "")).toSorted()).toEqual(
      [...FUNCTIONS.map((name) => `${name}.zip`), "sbom.cdx.json", "template.yaml", "terraform.zip"].sort(),
    );
  });

  it("has a bill of materials that lists every package in the functions, with its license and npm's hash", async () => {
    const materials = JSON.parse((await read("sbom.cdx.json")).toString());
    const list = JSON.parse(await readFile(join(ROOT, "dist/postgres-master-user/third-party.json"), "utf8"));

    const refs = new Map(materials.components.map((one: { "bom-ref": string }) => [one["bom-ref"], one]));
    expect(list.length).toBeGreaterThan(10);
    for (const { name, version, license } of list) {
      expect(refs.get(`pkg:npm/${name.replace("@", "%40")}@${version}`)).toMatchObject({
        name,
        version,
        licenses: [{ license: { id: license } }],
        hashes: [{ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) }],
        properties: expect.arrayContaining([{ name: "released-in", value: "postgres-master-user.zip" }]),
      });
    }
    expect(materials).not.toHaveProperty("serialNumber");
    expect(materials.metadata).not.toHaveProperty("timestamp");
  });

  it("has the Terraform module with the policies that it needs", async () => {
    const files = Object.keys(unzipSync(await read("terraform.zip")));

    expect(files).toEqual(
      expect.arrayContaining(["main.tf", "variables.tf", "policies/logs.json", "policies/trust.json"]),
    );
  });

  it("has the same bytes if it is built in another folder, time zone, at another time and with another umask", async () => {
    const { stdout } = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
      cwd: ROOT,
    });
    const copy = await mkdtemp(join(tmpdir(), "another-place-"));
    try {
      for (const file of stdout.trim().split("\n")) {
        const target = join(copy, file);
        const exists = await cp(join(ROOT, file), target).then(
          () => true,
          () => false,
        );
        if (!exists) continue; // Deleted, but not committed yet.
        await chmod(target, 0o600);
        await utimes(target, 0, 0);
      }
      await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
      const env = { ...process.env, TZ: "Asia/Kathmandu", LANG: "de_DE.UTF-8" };
      await run(process.execPath, ["build/main.ts", "--quiet"], { cwd: copy, env });
      await run(process.execPath, ["deploy/release/main.ts"], { cwd: copy, env });

      expect(await readFile(join(copy, "release/SHA256SUMS"), "utf8")).toBe(
        (await read("SHA256SUMS")).toString(),
      );
    } finally {
      await rm(copy, { recursive: true });
    }
  });
});

/** Prints the modes of the files in a zip file. */
const MODES = `import sys, zipfile
for info in zipfile.ZipFile(sys.argv[1]).infolist(): print(oct(info.external_attr >> 16))`;
