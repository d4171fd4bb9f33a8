import { expect, test } from "vitest";
import { explainChange, explainPreparation } from "../../functions/postgres/errors.ts";
import type { Login } from "../../shared/engine/engine.ts";

const LOGIN: Login = {
  host: "localhost",
  port: 5432,
  database: "postgres",
  username: "admin",
  password: "secret",
  tls: false,
};

/** What the driver throws when the server has refused a statement. */
function refused(code: string): Error {
  return Object.assign(new Error("permission denied"), { code, severity: "ERROR" });
}

test("a mistake in the engine is not taken for a lost connection", () => {
  const mistake = new ReferenceError("x is not defined");
  expect(() => explainChange(mistake, LOGIN)).toThrow(mistake);
  // These a server can bring about, by an answer that nobody who speaks its protocol would give.
  expect(explainChange(new TypeError("x is not a function"), LOGIN)).toMatchObject({ reason: "database" });
});

test("what the master may not do is not explained to the user, who cannot help it", () => {
  const asUser = explainChange(refused("42501"), LOGIN);
  const asMaster = explainPreparation(refused("42501"), LOGIN);

  expect(asUser.message).toContain("use the master-user strategy");
  expect(asMaster).toMatchObject({ reason: "missing-privilege" });
  expect(asMaster.message).toContain("GRANT rds_password to the master user");
  expect(asMaster.message).not.toContain("use the master-user strategy");
});
