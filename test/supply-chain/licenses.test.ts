import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import { licenseText } from "../../build/license-text.ts";
import { objection } from "../../build/permissive.ts";
import { LIST, packageFolders, TEXTS, type ThirdParty, writeThirdParty } from "../../build/third-party.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const run = promisify(execFile);

const bundled = async (name: string): Promise<string[]> => {
  const list: ThirdParty[] = JSON.parse(await readFile(join(ROOT, "dist", name, LIST), "utf8"));
  return list.map((one) => one.name);
};

test("all packages in the bundles have permissive licenses, and the bundles contain the texts", async () => {
  const { stdout } = await run(process.execPath, ["build/licenses.ts", "--json"], { cwd: ROOT });

  const packages: (ThirdParty & { bundles: string[] })[] = JSON.parse(stdout);
  expect(packages.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["@aws-sdk/client-secrets-manager", "mysql2", "pg", "valibot"]),
  );
  for (const { name, version, license, bundles } of packages) {
    for (const bundle of bundles) {
      const texts = await readFile(join(ROOT, "dist", bundle, TEXTS), "utf8");
      expect(texts).toContain(`${name} ${version} (${license})`);
    }
  }
});

test("each bundle lists its own driver and no other", async () => {
  const postgres = await bundled("postgres-master-user");
  const mariadb = await bundled("mariadb-single-user");

  expect(postgres).toEqual(expect.arrayContaining(["pg"]));
  expect(postgres).not.toContain("mysql2");
  expect(mariadb).toEqual(expect.arrayContaining(["mysql2"]));
  expect(mariadb).not.toContain("pg");
});

test("lists a package if some of its code is in the bundle, wherever it is installed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "licenses-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const install = async (path: string, code: string, license: string) => {
    const target = join(folder, "node_modules", path);
    await mkdir(target, { recursive: true });
    const name = path.split("node_modules/").at(-1);
    await writeFile(join(target, "index.js"), code);
    await writeFile(
      join(target, "package.json"),
      JSON.stringify({ name, version: "1.0.0", license: license, sideEffects: false }),
    );
  };
  await install("@some/used", 'import { deep } from "deep"; export const used = deep;', "MIT");
  await install("@some/used/node_modules/deep", "export const deep = 7;", "AGPL-3.0-only");
  await install("unused", "export const unused = 8;", "AGPL-3.0-only");
  await writeFile(
    join(folder, "main.js"),
    'import { used } from "@some/used"; import { unused } from "unused"; console.log(used);',
  );

  const { metafile } = await build({
    entryPoints: [join(folder, "main.js")],
    outfile: join(folder, "bundle.js"),
    bundle: true,
    format: "esm",
    metafile: true,
  });
  await writeThirdParty(folder, metafile);

  expect(packageFolders(metafile)).toHaveLength(2);
  const list: ThirdParty[] = JSON.parse(await readFile(join(folder, LIST), "utf8"));
  const objections = list.map((one) => [one.name, objection(one)]);
  expect(objections).toEqual([
    ["@some/used", expect.stringContaining("comes without the text of its license (MIT)")],
    ["deep", expect.stringContaining('has the license "AGPL-3.0-only"')],
  ]);
});

test("refuses licenses that are not on the list, and accepts those that need no text without one", () => {
  for (const license of ["GPL-3.0-only", "MIT AND GPL-2.0-only", "UNLICENSED", "none stated", ""]) {
    expect(objection({ license, hasText: true })).toContain(`has the license "${license}"`);
  }
  expect(objection({ license: "MIT-0", hasText: false })).toBeUndefined();
});

test("finds a license text in a README", () => {
  expect(licenseText(join(ROOT, "node_modules/pg-types"))).toMatch(
    /Copyright.*Permission is hereby granted/s,
  );
  expect(licenseText(join(ROOT, "node_modules/@aws-lambda-powertools/commons"))).toBeUndefined();
});
