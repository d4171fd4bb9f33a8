import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, describe, expect, it } from "vitest";
import { ENGINE_NAMES, startDatabase, strategiesOf } from "../../local/engines.ts";
import { startStack } from "../../local/stack.ts";
import { ROOT } from "../template/template.ts";
import { has, RUNTIME_CLIENT } from "./tools.ts";

/** The released zip files, unzipped as Lambda does. */
const folder = mkdtempSync(join(tmpdir(), "released-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bundles = globSync("release/*-user.zip", { cwd: ROOT })
  .map((zip) => {
    const name = basename(zip, ".zip");
    mkdirSync(join(folder, name));
    for (const [file, content] of Object.entries(unzipSync(readFileSync(join(ROOT, zip))))) {
      writeFileSync(join(folder, name, file), content);
    }
    return name;
  })
  .sort();

describe.skipIf(!has(RUNTIME_CLIENT))("under AWS's own runtime client", () => {
  it("every function is released", () => {
    const all = ENGINE_NAMES.flatMap((engine) => strategiesOf(engine).map((one) => `${engine}-${one}`));
    expect(bundles).toEqual(all.sort());
  });

  it.each(ENGINE_NAMES)("every released function of %s completes a rotation", async (engine) => {
    const names = bundles.filter((bundle) => bundle.startsWith(`${engine}-`));
    await using database = await startDatabase(engine);
    for (const bundle of names) {
      await using stack = await startStack({
        bundle: join(folder, bundle),
        environment: { DATABASE_CA_FILE: database.caFile },
        bootstrap: RUNTIME_CLIENT,
      });
      const [user, master] = [`app_${bundle.includes("master") ? "m" : "s"}`, "rotation_master"];
      await database.createUser(user, "initial-1");
      const value = { ...database.address, username: user, password: "initial-1" };
      const withMaster = async () => {
        await database.createMaster(master, "initial-2", user);
        return {
          masterarn: await stack.createSecret(master, { ...value, username: master, password: "initial-2" }),
        };
      };
      const arn = await stack.createSecret(user, {
        ...value,
        ...(bundle.includes("master") && (await withMaster())),
      });

      expect(await stack.rotate(arn), stack.log.join("\n")).toEqual({ succeeded: true, error: undefined });

      const { username, password } = await stack.value(arn);
      expect(password).not.toBe("initial-1");
      expect(await database.accepts(String(username), String(password))).toBe(true);
      // The client writes every line as Lambda does with the log format JSON.
      const outcomes = stack.log
        .map((line) => JSON.parse(line))
        .filter(({ outcome }) => outcome === "succeeded");
      expect(outcomes, bundle).toHaveLength(4);
    }
  });
});
