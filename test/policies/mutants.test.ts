import { describe, expect, it, test } from "vitest";
import { PLACEHOLDERS } from "./account.ts";
import { CASES } from "./cases/all.ts";
import { attachedIn, attaches, type Case } from "./cases/case.ts";
import { FILES, type PolicyDocument, render } from "./documents.ts";
import { isAllowed } from "./iam.ts";
import { mutants } from "./mutants.ts";

/** The cases that come out otherwise when the document takes the place of the file. */
function noticing(file: string, document: PolicyDocument): Case[] {
  const about = (CASES[file] ?? []).filter((one) => attaches(one, file));
  return about.filter((one) => isAllowed(one, attachedIn(one, { file, document })) !== one.allowed);
}

/** Every word of a file is there for a request that would come out otherwise without it. */
describe.each(FILES)("%s", (file) => {
  it.each(mutants(render(file, PLACEHOLDERS)))("fails its cases $change", ({ document, effect }) => {
    const noticed = noticing(file, document);

    // What allows more must be noticed by a case of a refusal, what allows less by a case of a permission.
    expect(noticed.map(({ allowed }) => allowed)).toContain(effect === "narrower");
    expect(new Set(noticed.map(({ allowed }) => allowed)).size).toBe(1);
  });
});

test("every case passes with the unchanged file", () => {
  expect(FILES.flatMap((file) => noticing(file, render(file, PLACEHOLDERS)))).toEqual([]);
});
