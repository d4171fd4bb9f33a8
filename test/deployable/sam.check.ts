import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT, readTemplate } from "../template/template.ts";
import { startLocalS3 } from "./local-s3.ts";
import { has, program, run } from "./tools.ts";

const BUCKET = "artifacts";
const EXAMPLE = "examples/aurora-postgresql/template.yaml";

/** The folders that the template deploys, by the function's id. */
const bundles = Object.entries(readTemplate().Resources).flatMap(([id, { Type, Properties }]) =>
  Type === "AWS::Serverless::Function" ? [{ id, folder: String(Properties.CodeUri) }] : [],
);

/** What the folder holds, by file name. */
async function contents(folder: string): Promise<Record<string, string>> {
  const files = await readdir(folder);
  const read = files.map(
    async (file) => [file, (await readFile(join(folder, file))).toString("base64")] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}

describe.skipIf(!has(program("sam")))("AWS SAM", () => {
  const itUploads = it.skipIf(!has(program("moto_server")));
  let project: string;
  const sam = (parameters: string[], environment = {}) =>
    run(program("sam"), parameters, { cwd: project, environment });

  // sam build leaves a folder behind, and one of these takes dist/ away.
  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), "deployable-"));
    for (const file of ["template.yaml", "samconfig.toml", "dist", "examples/aurora-postgresql"]) {
      await cp(join(ROOT, file), join(project, file), { recursive: true });
    }
  });
  afterAll(() => rm(project, { recursive: true, force: true }));

  it("validates the template", async () => {
    expect(await sam(["validate", "--lint"])).toContain("is a valid SAM Template");
  });

  itUploads.each([
    ["without sam build", []],
    ["after sam build", ["build"]],
  ])("%s, uploads exactly the bundles", async (_when, before) => {
    if (before.length > 0) {
      expect(await sam(before)).toContain("Build Succeeded");
    }
    await using s3 = await startLocalS3(BUCKET);
    const to = [
      "--s3-bucket",
      BUCKET,
      "--no-resolve-s3",
      "--use-json",
      "--output-template-file",
      "packaged.json",
    ];
    await sam(["package", ...to], { AWS_ENDPOINT_URL: s3.url });

    const packaged = JSON.parse(await readFile(join(project, "packaged.json"), "utf8"));
    const keyOf = (id: string) =>
      String(packaged.Resources[id].Properties.CodeUri).replace(`s3://${BUCKET}/`, "");
    const keys = new Set(bundles.map(({ id }) => keyOf(id)));
    expect((await s3.keys(BUCKET)).sort()).toEqual([...keys].sort());
    for (const { id, folder } of bundles) {
      const zip = join(project, "bundle.zip");
      const unzipped = join(project, "bundle");
      await writeFile(zip, await s3.object(BUCKET, keyOf(id)));
      await run(program("python"), ["-m", "zipfile", "-e", zip, unzipped]);
      expect(await contents(unzipped), id).toEqual(await contents(join(ROOT, folder)));
      await rm(unzipped, { recursive: true });
    }
  });

  itUploads("packages the example with the template and its bundles inside", async () => {
    await using s3 = await startLocalS3(BUCKET);
    const to = ["--s3-bucket", BUCKET, "--output-template-file", "packaged.yaml"];
    await sam(["package", "--template-file", EXAMPLE, ...to], {
      AWS_ENDPOINT_URL: s3.url,
    });
    const keys = await s3.keys(BUCKET);
    expect(keys.filter((key) => key.endsWith(".template"))).toHaveLength(1);
    const contents = await Promise.all(
      bundles.map(({ folder }) => readFile(join(ROOT, folder, "index.mjs"), "utf8")),
    );
    expect(keys).toHaveLength(1 + new Set(contents).size);
  });

  itUploads.each([
    ["without sam build", []],
    ["after sam build", ["build"]],
  ])("%s, refuses to deploy what npm run build has not built", async (_when, before) => {
    await rename(join(project, "dist"), join(project, "elsewhere"));
    try {
      if (before.length > 0) {
        await sam(before);
      }
      await using s3 = await startLocalS3(BUCKET);
      const to = ["--s3-bucket", BUCKET, "--no-resolve-s3", "--no-confirm-changeset"];
      await expect(sam(["deploy", ...to], { AWS_ENDPOINT_URL: s3.url })).rejects.toThrow(
        /CodeUri .* refers to a file or folder that does not exist/,
      );
      expect(await s3.keys(BUCKET)).toEqual([]);
    } finally {
      await rename(join(project, "elsewhere"), join(project, "dist"));
    }
  });
});
