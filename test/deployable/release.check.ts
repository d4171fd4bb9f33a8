import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../template/template.ts";
import { has, program, run } from "./tools.ts";

describe.skipIf(!has(program("python")))("the software bill of materials", () => {
  it("is valid by the schema of CycloneDX", async () => {
    const script = join(import.meta.dirname, "validate-bom.py");
    expect(await run(program("python"), [script, join(ROOT, "release/sbom.cdx.json")])).toBe("");
  });
});
