import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rewrittenUrl } from "../../shared/secret/connection-urls.ts";

const from = { username: "app", password: "old-password" };
const to = { username: "app_clone", password: "p@s/w:r?d#1&2;3=4+5 %41'" };
const encoded = "p%40s%2Fw%3Ar%3Fd%231%262%3B3%3D4%2B5%20%2541'";

describe("a connection URL is rewritten", () => {
  it.each([
    ["postgres://app:old-password@db/shop", `postgres://app_clone:${encoded}@db/shop`],
    ["postgresql+psycopg2://app:old-password@db:5432/shop?sslmode=require"],
    ["mysql://app:old-password@[fd00::1]:3306/shop#x"],
    ["jdbc:mysql:loadbalance://app:old-password@db1,db2/shop"],
    ["POSTGRES://app:old%2Dpassword@db/shop"],
    ["postgres://%61pp:old-password@db"],
    ["r2dbc:mariadb://app:old-password@db"],
  ])("in its user information: %s", (url, expected?: string) => {
    const rewritten = rewrittenUrl(url, from, to) ?? "";

    expect(rewritten).toContain(`://app_clone:${encoded}@`);
    expect(rewritten.replace(/\/\/.*@/, "")).toBe(url.replace(/\/\/.*@/, ""));
    expect(rewritten).toBe(expected ?? rewritten);
  });

  it.each([
    "jdbc:postgresql://db/shop?user=app&password=old-password&ssl=true",
    "jdbc:postgresql://db/shop?password=old%2Dpassword&ssl=true&user=app",
    "jdbc:mysql://db/shop?User=app&Password=old-password",
    "jdbc:sqlserver://db;user=app;password=old-password",
    "postgres://db/shop?user=app&password=old-password#x",
  ])("in its parameters: %s", (url) => {
    const rewritten = rewrittenUrl(url, from, to) ?? "";

    expect(rewritten).toMatch(/user=app_clone(?=[&;#]|$)/i);
    expect(rewritten.toLowerCase()).toContain(`password=${encoded.toLowerCase()}`);
    expect(rewritten).not.toMatch(/old/);
  });

  it("with the name as it is spelled, where the user stays", () => {
    const next = { username: "app", password: "new" };

    expect(rewrittenUrl("mysql://%61pp:old-password@db", from, next)).toBe("mysql://%61pp:new@db");
    expect(rewrittenUrl("jdbc:x://db?password=old-password", from, next)).toBe("jdbc:x://db?password=new");
  });

  it.each(["p@ss", "p/ss", "p#ss", "p?ss", "100%", "a%41", "p ss", "pä", "p[", 'p"'])(
    "in plaintext, where the old password %s is not encoded",
    (password) => {
      const url = rewrittenUrl(`postgres://app:${password}@db`, { ...from, password }, to);

      expect(url).toBe(`postgres://app_clone:${to.password}@db`);
    },
  );

  it.each(["p&ss", "p;ss", "p#ss", "p+ss", "100%"])(
    "in plaintext in its parameters, where the old password %s is not encoded",
    (password) => {
      const url = `jdbc:x://db?user=app&password=${password}&ssl=true`;

      expect(rewrittenUrl(url, { ...from, password }, to)).toBe(
        `jdbc:x://db?user=app_clone&password=${to.password}&ssl=true`,
      );
    },
  );

  it("or replaced, if it is nothing but the name or the password", () => {
    expect(rewrittenUrl("old-password", from, to)).toBe(to.password);
    expect(rewrittenUrl("app", from, to)).toBe(to.username);
  });
});

describe("what is not this user's connection URL", () => {
  it.each([
    "",
    "postgres://db/shop",
    "postgres://app@db/shop",
    "postgres://app:another@db/shop",
    "postgres://other:old-password@db/shop",
    "jdbc:postgresql://db/shop?user=other&password=old-password",
    "jdbc:postgresql://db/shop?password=old-password",
    "jdbc:postgresql://db/shop?user=app&password=another",
    "postgres://app@db/shop?password=old-password",
    "host=db user=app password=old-password",
    "see old-password",
    '{"url":"postgres://app:old-password@db"}',
  ])("is left alone: %s", (text) => {
    expect(rewrittenUrl(text, from, to)).toBeUndefined();
  });
});

const printable = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)),
});
const password = printable.filter((text) => text.length > 0 && text !== "app");

describe("an encoded password of any printable characters", () => {
  it("is what a parser of URLs finds afterwards", () => {
    fc.assert(
      fc.property(password, password, (old, next) => {
        const before = `postgres://app:${encodeURIComponent(old)}@db/shop`;
        const after = new URL(
          rewrittenUrl(before, { ...from, password: old }, { ...to, password: next }) ?? "",
        );
        expect(decodeURIComponent(after.password)).toBe(next);
        expect(after).toMatchObject({ username: "app_clone", host: "db", pathname: "/shop" });
      }),
    );
  });

  it("is what a parser of parameters finds afterwards", () => {
    fc.assert(
      fc.property(password, password, (old, next) => {
        const parameters = new URLSearchParams({ user: "app", password: old, x: "y" });
        const after = rewrittenUrl(
          `jdbc:postgresql://db/shop?${parameters}`,
          { ...from, password: old },
          { ...to, password: next },
        );
        const found = new URLSearchParams(after?.split("?").slice(1).join("?"));
        expect(Object.fromEntries(found)).toEqual({ user: "app_clone", password: next, x: "y" });
      }),
    );
  });

  it("comes back the same when the rotation is turned round", () => {
    fc.assert(
      fc.property(password, password, (old, next) => {
        const [one, other] = [
          { ...from, password: old },
          { ...to, password: next },
        ];
        const before = `mysql://app:${encodeURIComponent(old)}@db/shop`;
        expect(rewrittenUrl(rewrittenUrl(before, one, other) ?? "", other, one)).toBe(before);
      }),
    );
  });
});
