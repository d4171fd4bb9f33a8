import { globSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { functionId } from "../../build/new-engine/names.ts";
import { COMBINATIONS, title } from "./combinations.ts";
import { expectRotationStack } from "./expected-stack.ts";
import { createStack } from "./stack.ts";
import { ROOT, readTemplate } from "./template.ts";

const template = readTemplate();
const functions = Object.entries(template.Resources).filter(
  ([, { Type }]) => Type === "AWS::Serverless::Function",
);

describe("the functions of the template", () => {
  it("are one for each engine and strategy in functions/", () => {
    const sources = globSync("functions/*/{single-user,master-user}.ts", { cwd: ROOT });
    const expected = sources.map((file) => functionId(basename(dirname(file)), basename(file, ".ts")));
    expect(functions.map(([id]) => id).sort()).toEqual(expected.sort());
    const engines = new Set(sources.map((file) => basename(dirname(file))));
    expect(template.Parameters.engine?.AllowedValues?.toSorted()).toEqual([...engines].sort());
  });

  it.each(functions)(
    "%s has the built bundle as its code, with a handler",
    async (id, { Properties, Metadata, Condition }) => {
      const folder = String(Properties.CodeUri);
      const [engine = "", strategy = ""] = /^dist\/([a-z]+)-(.*)\/$/.exec(folder)?.slice(1) ?? [];
      expect(functionId(engine, strategy)).toBe(id);
      expect(Condition).toBe(id.replace(/Function$/, ""));
      // Otherwise a missing bundle is an empty function: sam build skips what is not there.
      expect(Metadata?.SkipBuild).toBe(true);
      const module = await import(pathToFileURL(join(ROOT, folder, "index.mjs")).href);
      expect(module.handler).toBeTypeOf("function");
    },
  );

  it.each(COMBINATIONS.map((combination) => [title(combination), combination] as const))(
    "%s: one function with its role, policies, permission and log group",
    (_title, combination) => {
      const stack = createStack(template, combination.parameters);
      expect(stack.brokenRules).toEqual([]);
      expectRotationStack(stack, combination);
    },
  );
});
