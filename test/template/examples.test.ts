import { describe, expect, it } from "vitest";
import type { JsonObject } from "./template.ts";
import { readTemplate } from "./template.ts";

describe("the complete example", () => {
  const { Resources } = readTemplate("examples/aurora-postgresql/template.yaml");
  const { Location, Parameters = {} } = Resources.Rotation?.Properties ?? {};
  const given = Object.keys(Parameters as JsonObject);
  const template = readTemplate();

  it("deploys this template with existing parameters, including all required ones", () => {
    expect(Location).toBe("../../template.yaml");
    expect(Object.keys(template.Parameters)).toEqual(expect.arrayContaining(given));
    const required = Object.entries(template.Parameters).filter(([, { Default }]) => Default === undefined);
    expect(given).toEqual(expect.arrayContaining(required.map(([name]) => name)));
  });
});
