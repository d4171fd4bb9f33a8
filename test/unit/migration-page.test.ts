import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mysql } from "../../functions/mysql/engine.ts";
import { postgres } from "../../functions/postgres/engine.ts";
import { passwordRules } from "../../shared/secret/password.ts";
import { isSameServer } from "../../shared/secret/same-server.ts";
import { parseSecret } from "../../shared/secret/secret.ts";
import { secretKeys } from "../../shared/secret/secret-document.ts";
import { readSettings } from "../../shared/secret/settings.ts";

// The tables of the page say what is accepted, and this tries every row of them.

const page = readFileSync(new URL("../../docs/migrating-from-aws-templates.md", import.meta.url), "utf8");

interface Row {
  readonly what: string;
  readonly here: string;
}

function rowsOf(head: string): Row[] {
  const [, table = ""] = page.split(`| ${head} | AWS's templates | here |\n`);
  const lines = (table.split("\n\n")[0] ?? "").split("\n").slice(1);
  return lines.map((line) => {
    const [what = "", , here = ""] = line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, ""));
    return { what, here };
  });
}

/** The JSON objects of a cell. */
function objectsIn(cell: string): Record<string, unknown>[] {
  return [...cell.matchAll(/`({.*?})`/g)].map(([, json = ""]) => JSON.parse(json));
}

const USUAL = { engine: "postgres", host: "db.example", username: "app", password: "hunter-2" };

const read = (text: string) => parseSecret(text, "AWSCURRENT", postgres);

function readWith(changes: Record<string, unknown>) {
  const { text: _, ...secret } = read(JSON.stringify({ ...USUAL, ...changes }));
  return secret;
}

function expectAsSaid<T>(here: string, reason: string, read: (like?: Record<string, unknown>) => T): void {
  if (here.startsWith("refused")) {
    expect(read).toThrow(expect.objectContaining({ reason }));
  } else if (here.startsWith("like ")) {
    expect(read()).toEqual(read(objectsIn(here)[0]));
  } else {
    expect(here).toMatch(/^accepted/);
    expect(read()).toBeDefined();
  }
}

describe("a secret with", () => {
  const rows = rowsOf("in the secret").flatMap(({ what, here }) =>
    objectsIn(what).map((changes) => ({ json: JSON.stringify(changes), changes, here })),
  );

  it.each(rows)("$json is $here", ({ changes, here }) => {
    expectAsSaid(here, "malformed-secret", (like = changes) => readWith(like));
  });

  it("each key has a row", () => {
    const named = new Set(rows.flatMap(({ changes }) => Object.keys(changes)));
    expect([...named].sort()).toEqual(Object.keys(secretKeys).sort());
  });

  it("a host in capitals is for the same server", () => {
    expect(isSameServer(readWith({ host: "DB.example" }).login, readWith({}).login)).toBe(true);
  });
});

describe("the text of a secret with", () => {
  const json = JSON.stringify(USUAL);
  const nested = (levels: number) => json.replace("{", `{"x":${"[".repeat(levels)}${"]".repeat(levels)},`);
  const TEXTS: Record<string, string[]> = {
    "a byte order mark before the JSON": [`\uFEFF${json}`],
    "`NaN` or `Infinity` as a value": [json.replace("{", '{"x":NaN,'), json.replace("{", '{"x":Infinity,')],
    "more than 100 levels of nesting": [nested(100)],
  };
  const rows = rowsOf("the text of the secret");

  it.each(rows)("$what is $here", ({ what, here }) => {
    for (const text of TEXTS[what] ?? []) {
      expectAsSaid(here, "malformed-secret", () => read(text));
    }
  });

  it("has a row for each text, and no other", () => {
    expect(rows.map(({ what }) => what)).toEqual(Object.keys(TEXTS));
    expect(read(nested(99)).login.username).toBe("app");
  });

  it("a byte order mark is not stored again", () => {
    expect(read(`\uFEFF${json}`).text).toBe(json);
  });
});

describe("an environment with", () => {
  const rows = rowsOf("in the environment").flatMap(({ what, here }) =>
    objectsIn(what).map((changes) => ({ what, changes: changes as Record<string, string>, here })),
  );

  it.each(rows)("$what is $here", ({ changes, here }) => {
    expectAsSaid(here, "malformed-settings", (like = changes) => {
      const settings = readSettings(like as Record<string, string>);
      return { settings, rules: passwordRules(settings, mysql) };
    });
  });

  it("has rows", () => {
    expect(rows.length).toBeGreaterThan(8);
  });
});
