import { describe, expect, it, test } from "vitest";
import { PLACEHOLDERS } from "./account.ts";
import { CASES } from "./cases/all.ts";
import { attachedIn } from "./cases/case.ts";
import { FILES, type PolicyDocument, render, textOf } from "./documents.ts";
import { isAllowed } from "./iam.ts";
import { templatefile } from "./terraform.ts";

describe.each(FILES)("Terraform's templatefile renders %s as", (file) => {
  const document: PolicyDocument = JSON.parse(templatefile(textOf(file), PLACEHOLDERS));

  it("the document that the other tests use", () => {
    expect(document).toEqual(render(file, PLACEHOLDERS));
  });

  it("a document that allows and denies the same", () => {
    for (const one of CASES[file] ?? []) {
      expect(isAllowed(one, attachedIn(one, { file, document })), one.title).toBe(one.allowed);
    }
  });

  it("it is, because the file has no text that Terraform would need escaped", () => {
    expect(textOf(file)).not.toMatch(/\$\$\{|%\{|%%/);
  });
});

test("templatefile replaces variables, keeps escaped text, and refuses other expressions", () => {
  const a = placeholder("a");

  expect(templatefile(`${a}-$${a}-%%{a}`, { a: "1" })).toBe(`1-${a}-%{a}`);
  expect(() => templatefile(placeholder("b"), { a: "1" })).toThrow("Not a variable that was given: b");
  expect(() => templatefile(placeholder("a.b"), { "a.b": "1" })).toThrow("a.b");
  expect(() => templatefile("%{if a}", { a: "1" })).toThrow("A directive");
});

function placeholder(name: string): string {
  return `\${${name}}`;
}
