import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missing } from "../../build/new-engine/missing.ts";
import { ENGINE_NAMES, ENGINES, moduleOf } from "../../local/engines.ts";
import type { Engine } from "../../shared/engine/engine.ts";
import { ROOT } from "../template/template.ts";

describe("the engines of this checkout", () => {
  it("lack nothing", () => {
    expect(missing(ROOT)).toEqual([]);
  });

  it("have a function for the master-user strategy if they declare pair, and none otherwise", async () => {
    for (const name of ENGINE_NAMES) {
      const { [name]: engine } = await moduleOf<Record<string, Engine>>("functions/*/engine.ts", name);
      const has = existsSync(join(ROOT, "functions", name, "master-user.ts"));
      expect([name, has]).toEqual([name, engine?.pair !== undefined]);
    }
  });

  it("share no value of the secret's key engine", async () => {
    const all: string[] = [];
    for (const name of ENGINE_NAMES) {
      const { [name]: engine } = await moduleOf<Record<string, Engine>>("functions/*/engine.ts", name);
      all.push(...(engine?.names ?? []));
      expect(engine?.names).toContain(name);
      expect(engine?.defaultPort).toBe(ENGINES[name].port);
    }
    expect(all).toEqual([...new Set(all)]);
  });
});

describe("what is missing for an engine is told in a sentence", () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "engines-"));
    for (const file of ["engines.json", "package.json", "template.yaml"]) {
      cpSync(join(ROOT, file), join(root, file));
    }
    for (const folder of ["functions", "local/servers", "rescue/set-password", "bench/budgets"]) {
      cpSync(join(ROOT, folder), join(root, folder), { recursive: true });
    }
    for (const folder of ["test/contract", "test/support/database-gate"]) {
      cpSync(join(ROOT, folder), join(root, folder), { recursive: true });
    }
    mkdirSync(join(root, "functions/redis"));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it("of a folder that is not listed", () => {
    expect(missing(root)).toEqual([
      "engines.json does not list redis: npm start, rescue, bench and the tests do not know it.",
    ]);
  });

  it("of an entry that has nothing else", () => {
    const list = JSON.parse(readFileSync(join(root, "engines.json"), "utf8"));
    const redis = { product: "Redis", port: 6379, driver: "redis" };
    writeFileSync(join(root, "engines.json"), JSON.stringify({ ...list, redis }));
    writeFileSync(join(root, "functions/redis/single-user.ts"), "");

    const sentences = missing(root);

    expect(sentences).toContain(
      "rescue/set-password/redis.ts is missing: npm run rescue -- reset cannot set its users' passwords.",
    );
    expect(sentences).toContain("template.yaml has no function for redis, single-user.");
    expect(sentences).toContain(
      'package.json has no dependency "redis", the driver of redis: npm install redis',
    );
    expect(sentences).toHaveLength(11);
  });
});

describe("the linter", () => {
  const drivers = [
    ...new Set([...ENGINE_NAMES.flatMap((name) => ENGINES[name].driver ?? []), "some-other-driver"]),
  ];
  const elsewhere = [
    "functions/redis/password.ts",
    "functions/redis/pair/facts.ts",
    "rescue/reset.ts",
    "rescue/set-password/redis.ts",
    "shared/aws/secrets-manager.ts",
    "shared/engine/other.ts",
  ];

  it("allows a driver in functions/<engine>/engine.ts and nowhere else in what is shipped", () => {
    const folder = mkdtempSync(join(tmpdir(), "linter-"));
    try {
      cpSync(join(ROOT, "biome.json"), join(folder, "biome.json"));
      const code = drivers.map((driver, index) => `import one${index} from "${driver}";\none${index}();\n`);
      for (const file of ["functions/redis/engine.ts", ...elsewhere]) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), code.join(""));
      }
      const args = ["lint", "--vcs-enabled=false", "--max-diagnostics=none", "."];
      const { stdout, stderr } = spawnSync("biome", args, { cwd: folder, encoding: "utf8" });
      const refused = [...(stdout + stderr).matchAll(/^(\S+):\d+:\d+ lint\/style\/noRestrictedImports/gm)];
      const expected = elsewhere.flatMap((file) => drivers.map(() => file)).sort();
      expect(refused.map(([, file]) => file).sort()).toEqual(expected);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
