import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inputNames, moduleReadme } from "../../deploy/release/module-readme.ts";
import { withoutTransform } from "../../deploy/release/template.ts";
import { parseTemplate, ROOT, readTemplate } from "./template.ts";

// The table of features in docs/deployment.md, whose cells name inputs.

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const page = read("docs/deployment.md");
const HEAD = "| feature | SAM | release template | Terraform | CDK |";
const [, table = ""] = page.split(HEAD);
const rows = (table.split("\n\n")[0] ?? "").trim().split("\n").slice(1);
const cells = rows.map((row) => row.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));

/** The inputs of a construct: the members of its interfaces. */
function constructInputs(): string[] {
  const source = read("deploy/cdk/source/props.ts");
  const interfaces = [...source.matchAll(/^export interface \w+ {\n([\s\S]*?)\n}$/gm)].map(
    ([, body = ""]) => body,
  );
  return interfaces.flatMap((body) =>
    [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = ""]) => name),
  );
}

const INPUTS: [tool: string, column: number, inputs: string[]][] = [
  ["SAM", 1, Object.keys(readTemplate().Parameters)],
  [
    "release template",
    2,
    Object.keys(parseTemplate(withoutTransform(read("template.yaml"), "1.2.3")).Parameters),
  ],
  ["Terraform", 3, inputNames()],
  ["CDK", 4, constructInputs()],
];

test.each(INPUTS)("the table of features has the inputs of %s and no others", (_tool, column, inputs) => {
  const named = cells.flatMap((row) =>
    [...(row[column] ?? "").matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  );

  expect(rows.length).toBeGreaterThan(20);
  expect(inputs.length).toBeGreaterThan(20);
  expect(new Set(named).size).toBe(named.length);
  expect(named.toSorted()).toEqual(inputs.toSorted());
});

test("every feature has a cell for each of the four ways", () => {
  for (const row of cells) {
    expect(row, row[0]).toHaveLength(5);
    for (const cell of row) expect(cell, row[0]).not.toBe("");
  }
});

test("the README of the Terraform module has its inputs and outputs", () => {
  expect(read("deploy/terraform/README.md")).toBe(moduleReadme());
});

test("every file that the page of features names exists", () => {
  const links = [...page.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, file = ""]) => file);
  expect(links.length).toBeGreaterThan(3);
  for (const link of links) expect(() => read(join("docs", link)), link).not.toThrow();
});
