import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isWildcardOnlyAction } from "@cloud-copilot/iam-simulate";
import { describe, expect, it, test } from "vitest";
import { PLACEHOLDERS } from "./account.ts";
import { FILES, list, type PolicyDocument, render, type Statement, textOf } from "./documents.ts";
import { LIST_VERSIONS, needsOf, without } from "./needs.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const README = readFileSync(join(ROOT, "policies", "README.md"), "utf8");

/** Attached to a resource: `*` is that resource, as the documentation of keys and secrets says. */
const OF_A_RESOURCE = ["protect-secret.json", "secret-key-owner.json", "vpc-endpoint.json"];

const documents = FILES.map((file): [string, PolicyDocument] => [file, render(file, PLACEHOLDERS)]);

describe.each(documents)("%s", (file, { Version, Statement }) => {
  it("has the version 2012-10-17, and a Sid for each statement", () => {
    const names = Statement.map(({ Sid }) => Sid);

    expect(Version).toBe("2012-10-17");
    for (const name of names) expect(name).toMatch(/^[A-Z][A-Za-z]+$/);
    expect(new Set(names).size).toBe(names.length);
  });

  it("uses no NotAction, NotResource or NotPrincipal", () => {
    const elements = new Set(Statement.flatMap((statement) => Object.keys(statement)));

    const known = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"];
    expect([...elements].filter((element) => !known.includes(element))).toEqual([]);
  });

  it("names each action in full", () => {
    for (const { Action } of Statement) {
      for (const action of list(Action)) expect(action).toMatch(/^[a-z0-9]+:[A-Z][A-Za-z]+$/);
    }
  });

  it("names all resources only where IAM allows no narrower resource", async () => {
    for (const { Action, Effect, Resource } of Statement) {
      if (Resource !== "*" || Effect === "Deny" || OF_A_RESOURCE.includes(file)) continue;
      for (const action of list(Action)) {
        const [service = "", name = ""] = action.split(":");
        expect(await isWildcardOnlyAction(service, name), action).toBe(true);
      }
    }
  });

  it("allows services only for this account, and never all principals", () => {
    for (const { Effect, Principal, Condition } of Statement) {
      // An endpoint policy names principals in a condition: an ARN of a role there would be that of a session.
      const namesPrincipal = Condition?.ArnEquals?.["aws:PrincipalArn"] !== undefined;
      if (Principal === "*") expect(Effect === "Deny" || namesPrincipal).toBe(true);
      if (typeof Principal === "object" && "Service" in Principal) {
        expect(Condition?.StringEquals).toHaveProperty(["aws:SourceAccount"], PLACEHOLDERS.AccountId);
      }
    }
  });

  it("is explained in the README with each of its statements", () => {
    expect(README).toContain(`\`${file}\``);
    for (const { Sid } of Statement) expect(README).toContain(`\`${Sid}\``);
  });
});

test("the README's table has every placeholder and no other", () => {
  const used = FILES.flatMap((file) => [...textOf(file).matchAll(/\$\{([^}]*)\}/g)].map(([, name]) => name));
  const table = [...README.matchAll(/^\| `\$\{([^}]*)\}`/gm)].map(([, name]) => name);

  expect(table.toSorted()).toEqual([...new Set(used)].sort());
});

test("the two strategies differ by ReadMasterSecret and ListSecretVersionIds alone", () => {
  const statements = (file: string): readonly Statement[] => render(file, PLACEHOLDERS).Statement;

  const more = statements("rotation-master-user.json").filter(({ Sid }) => Sid !== "ReadMasterSecret");

  const less = needsOf("rotation-single-user.json", render("rotation-single-user.json", PLACEHOLDERS))
    .filter(({ action }) => action === LIST_VERSIONS)
    .reduce(without, render("rotation-single-user.json", PLACEHOLDERS));
  expect(more).toEqual(less.Statement);
});

test("the VPC endpoint's policy allows every call that a function makes, and no other", () => {
  const strategies = ["rotation-single-user.json", "rotation-master-user.json"];
  const called = strategies.flatMap((file) =>
    render(file, PLACEHOLDERS).Statement.flatMap(({ Action }) => list(Action)),
  );
  const [statement] = render("vpc-endpoint.json", PLACEHOLDERS).Statement;

  // To find the version that an abandoned rotation has left.
  const abandoned = "secretsmanager:ListSecretVersionIds";
  expect([...list(statement?.Action)].sort()).toEqual([...new Set([...called, abandoned])].sort());
});

test("the statements that errors of the function and of rescue name exist", () => {
  const sources = globSync("{shared,rescue}/**/*.ts", { cwd: ROOT }).map((file) =>
    readFileSync(join(ROOT, file), "utf8"),
  );
  // A message is put together of pieces: `"… of " + "policies/…"`.
  const text = sources.join("\n").replace(/["`] \+\s+["`]/g, "");
  const named = [...text.matchAll(/([A-Za-z]+) of policies\/([a-z-]+\.json)(?: or ([a-z-]+\.json))?/g)];

  expect(named.length).toBeGreaterThan(5);
  for (const [, sid, ...files] of named) {
    for (const file of files.filter((one) => one !== undefined)) {
      expect(render(file, PLACEHOLDERS).Statement.map(({ Sid }) => Sid)).toContain(sid);
    }
  }
});
