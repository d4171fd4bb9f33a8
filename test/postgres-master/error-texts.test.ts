import { expect, test } from "vitest";
import { explain } from "../../functions/postgres/errors.ts";
import type { During, Login } from "../../shared/engine/engine.ts";

const LOGIN: Login = {
  host: "localhost",
  port: 5432,
  database: "shop",
  username: "admin",
  password: "secret",
  tls: false,
};

/** What the driver throws when the server has refused a statement. */
function refused(code: string, routine?: string): Error {
  return Object.assign(new Error("permission denied"), { code, severity: "ERROR", routine });
}

const explained = (code: string, during: During, routine?: string) =>
  explain(refused(code, routine), during, LOGIN);

test("an error that is not the server's is left to the caller", () => {
  expect(explain(new ReferenceError("x is not defined"), "session", LOGIN)).toBeUndefined();
  expect(
    explain(Object.assign(new Error("reset"), { code: "ECONNRESET" }), "session", LOGIN),
  ).toBeUndefined();
});

test("what the master user may not do is explained with statements for the master user", () => {
  const asUser = explained("42501", "session");
  const asAdmin = explained("42501", "admin");

  expect(asUser?.message).toContain("use the master-user strategy");
  expect(asAdmin).toMatchObject({ reason: "missing-privilege" });
  expect(asAdmin?.message).toContain("GRANT rds_password to the master user");
  expect(asAdmin?.message).not.toContain("use the master-user strategy");
});

test.for(["08P01", "0A000"])(
  "a refusal of the session's options (%s) is explained as a pooler or proxy",
  (code) => {
    expect(explained(code, "login")).toMatchObject({
      reason: "unsupported",
      message: expect.stringContaining("put the host of the server itself"),
    });
  },
);

test("a row that another transaction has changed is a lock, another internal error is a password check", () => {
  expect(explained("XX000", "admin", "simple_heap_update")?.reason).toBe("locked");
  expect(explained("XX000", "session", "passcheck_hook")?.reason).toBe("password-refused");
  expect(explained("0A000", "session", "passcheck_check_password_hook")?.reason).toBe("password-refused");
});

test.for([
  ["28000", "login", 'REVOKE rds_iam FROM "admin"'],
  ["42501", "login", 'GRANT CONNECT ON DATABASE "shop" TO "admin"'],
  ["25P04", "session", 'ALTER ROLE "admin" RESET transaction_timeout'],
  ["08000", "login", "pgtle.clientauth_users_to_skip"],
  ["XX000", "login", "SELECT pg_banned_role_reset('admin')"],
  ["P0001", "login", "login event trigger"],
  ["P0001", "session", "PASSWORD_IN_SQL=plaintext"],
] as const)("the message for SQLSTATE %s in a %s names the cure: %s", ([code, during, cure]) => {
  expect(explained(code, during)?.message).toContain(cure);
});

test("no message has the text of the server", () => {
  for (const during of ["login", "session", "admin"] as const) {
    expect(explained("42601", during)?.message).not.toContain("permission denied");
  }
});
