import { describe, expect, it } from "vitest";
import { mariadb } from "../../functions/mariadb/engine.ts";
import { mysql } from "../../functions/mysql/engine.ts";
import { postgres } from "../../functions/postgres/engine.ts";
import { careful } from "../../shared/engine/careful-engine.ts";
import type { Product } from "../../shared/engine/engine.ts";
import { assertStorable } from "../../shared/protocol/pending-checks.ts";

const PASSWORD = "a-good-password";
const [POSTGRES, MYSQL, MARIADB] = [careful(postgres), careful(mysql), careful(mariadb)];
const ENGINES: [name: string, engine: Product, longest: number][] = [
  ["PostgreSQL", POSTGRES, 63],
  ["MySQL", MYSQL, 32],
  ["MariaDB", MARIADB, 110],
];

/** Returns the refusal of createSecret. */
function refusalOf(engine: Product, username: string, password = PASSWORD, current?: string): string {
  try {
    assertStorable(engine, username, password, current);
    return "";
  } catch (error) {
    expect(error).toMatchObject({ reason: "unstorable" });
    return error instanceof Error ? error.message : "";
  }
}

describe.each(ENGINES)("on %s createSecret", (_name, engine, longest) => {
  it("names the alternate user and its base, if only the alternate one is too long", () => {
    const current = "x".repeat(longest - 5);
    const alternate = `${current}_clone`;

    const refusal = refusalOf(engine, alternate, PASSWORD, current);

    expect(refusal).toContain(`it would be of ${alternate}, the alternate user of ${current}`);
    expect(refusal).toContain("alternateUsername");
    expect(refusalOf(engine, current)).toBe("");
    expect(refusalOf(engine, `${"x".repeat(longest - 6)}_clone`, PASSWORD, "x")).toBe("");
  });

  it.each(["app\n", "a\tb", "app\u007f", "app\u0085"])(
    "refuses the name %j, which few clients can send",
    (name) => {
      expect(refusalOf(engine, name)).toMatch(/control character|spaces/);
    },
  );

  it.each(["pä", "p\n", "p\u007f"])(
    "refuses the password %j, which clients send in different ways",
    (password) => {
      expect(refusalOf(engine, "app", password)).toContain("printable ASCII");
    },
  );

  it("takes names and passwords of any printable ASCII characters", () => {
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");
    expect(refusalOf(engine, printable.slice(1, 31), printable)).toBe("");
  });
});

describe("createSecret", () => {
  it("refuses a password of more than 256 characters on MySQL alone", () => {
    expect(refusalOf(MYSQL, "app", "x".repeat(257))).toContain("256 characters");
    expect(refusalOf(MYSQL, "app", "x".repeat(256))).toBe("");
    expect(refusalOf(MARIADB, "app", "x".repeat(4096))).toBe("");
    expect(refusalOf(POSTGRES, "app", "x".repeat(4096))).toBe("");
  });

  it.each(["pg_app", "public", "none"])("refuses the name %s, which PostgreSQL reserves", (name) => {
    expect(refusalOf(POSTGRES, name, PASSWORD, "app")).toContain("reserves the user name");
    expect(refusalOf(MYSQL, name)).toBe("");
  });
});
