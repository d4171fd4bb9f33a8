import { inspect } from "node:util";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { explain } from "../../functions/mysql/errors.ts";
import { capabilities, failure, OWN, startLab } from "./given.ts";

const lab = await startLab();
const { database, sql, session, newAccount, change, log } = lab;
afterAll(() => lab[Symbol.asyncDispose]());
const { discard } = capabilities(lab.engine);
beforeEach(() => void log.splice(0));

const RETAIN = "GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO";

/** For each password, whether it logs in. */
async function accepted(username: string, ...passwords: string[]): Promise<boolean[]> {
  return Promise.all(passwords.map((password) => database.accepts(username, password)));
}

test("without APPLICATION_PASSWORD_ADMIN the old password ends, and the log has the statement that would prevent that", async () => {
  const { username, password } = await newAccount();

  await change(username, password, "second");

  expect(await accepted(username, password, "second")).toEqual([false, true]);
  const statement = /run as an administrator: (GRANT .*)$/.exec(log.join("\n"))?.[1];
  await sql(statement ?? "");
  await change(username, "second", "third");
  expect(await accepted(username, "second", "third")).toEqual([true, true]);
});

test("logs that accounts of the same name on other hosts keep their passwords", async () => {
  const { username, password } = await newAccount();

  await change(username, password, "second");

  expect(log.join("\n")).toContain("on other hosts keep theirs");
});

test("twenty at once all succeed where the old password is kept", async () => {
  const { username, password } = await newAccount();
  await sql(`${RETAIN} ${username}`);
  const sessions = await Promise.all(Array.from({ length: 20 }, () => session(username, password)));

  await Promise.all(
    sessions.map(async (one) => {
      await one.changeOwnPassword("second", OWN);
      await one[Symbol.asyncDispose]();
    }),
  );

  expect(await accepted(username, password, "second")).toEqual([true, true]);
});

describe("an abandoned rotation left its password as the first one, and the current one as the second", () => {
  /** @returns a user and its current password, which is the second one. */
  async function abandoned(properties = "") {
    const { username, password } = await newAccount(properties);
    await sql(`${RETAIN} ${username}`);
    await change(username, password, "abandoned");
    return { username, password };
  }

  test.each(["", "PASSWORD REQUIRE CURRENT"])(
    "replaces a password that a version of the secret has; the current one goes on working (%s)",
    async (properties) => {
      const { username, password } = await abandoned(properties);

      const outcome = await change(username, password, "second", {
        abandoned: async () => ["older", "abandoned"],
      });

      expect(outcome).toBe("kept");
      expect(await accepted(username, password, "abandoned", "second")).toEqual([true, false, true]);
      expect(log.join("\n")).toContain("Turned off the password that an abandoned rotation had left");
    },
  );

  test("finds the pending password in place although it logs in with the second one", async () => {
    const { username, password } = await abandoned();

    expect(await change(username, password, "abandoned")).toBe("already");
  });
});

test("an account that was dropped after the login is refused, though the server only notes that it is gone", async () => {
  const { username, password } = await newAccount();
  const confirm = async () => void (await sql(`DROP USER ${username}`));

  const refused = await failure(change(username, password, "second", { confirm }));

  expect(refused.message).toContain("does not exist any more");
});

test("PASSWORD HISTORY does not stop a second run", async () => {
  const { username, password } = await newAccount("PASSWORD HISTORY 5");
  await using first = await session(username, password);
  await using second = await session(username, password);

  await first.changeOwnPassword("second", OWN);
  await first[Symbol.asyncDispose]();
  await second.changeOwnPassword("second", OWN);

  expect(await accepted(username, "second")).toEqual([true]);
});

test("PASSWORD HISTORY refuses a password that it knows", async () => {
  const { username, password } = await newAccount("PASSWORD HISTORY 5");
  await change(username, password, "second");

  const refused = await failure(change(username, "second", password));

  expect(refused.reason).toBe("password-refused");
  expect(refused.message).toContain("PASSWORD HISTORY");
});

const HOSTILE = ["'", "\\", "\\'", "';--", '`"$%_ ?:', "\\\\''\\", "#{}()[]", " leading", "trailing "];

test.each(["", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"])(
  "passwords of any printable characters, where the server's sql_mode is '%s'",
  async (mode) => {
    await sql(`SET GLOBAL sql_mode = '${mode}'`);
    const { username, password } = await newAccount();

    let last = password;
    for (const next of HOSTILE.map((text) => `${text}-${crypto.randomUUID()}`)) {
      await change(username, last, next);
      last = next;
      expect(await accepted(username, last)).toEqual([true]);
    }
    await sql("SET GLOBAL sql_mode = DEFAULT");
  },
);

test("V18 neither the error nor a log has the password", async () => {
  const { username, password } = await newAccount();
  await sql("SET GLOBAL super_read_only = ON");

  const refused = await failure(change(username, password, "the-pending-password"));
  await sql("SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF");
  await change(username, password, "the-pending-password");

  expect(JSON.stringify(refused)).not.toContain("the-pending-password");
  expect(log.join("\n")).not.toContain("the-pending-password");
  expect(await database.server.log()).not.toContain("the-pending-password");
});

test("V18 of a statement that cannot be parsed neither the server's message nor the statement gets out", () => {
  const said = Object.assign(new Error("You have an error near 'the-pending-password'"), {
    errno: 1064,
    code: "ER_PARSE_ERROR",
    sql: "ALTER USER USER() IDENTIFIED BY 'the-pending-password'",
  });

  const ours = explain(said, "session", lab.login("app", "secret"));

  expect(ours).toMatchObject({ reason: "database", message: expect.stringContaining("1064") });
  expect(inspect(ours, { depth: null, showHidden: true })).not.toContain("the-pending-password");
});

test("V17 a server of version 9 rotates: no version string is looked at", async () => {
  const [[version] = []] = await sql("SELECT VERSION()");
  const { username, password } = await newAccount();

  await change(username, password, "second");

  expect(String(version)).toMatch(/^(8|9)\./);
  expect(await accepted(username, "second")).toEqual([true]);
});

test("a lock that another session holds: an error in good time, which names it", async () => {
  const { username, password } = await newAccount();
  await using blocker = await database.server.connect();
  await blocker.query("FLUSH TABLES WITH READ LOCK");
  const own = await lab.engine.connect(lab.login(username, password), lab.invocation(4000));
  const began = performance.now();

  const refused = await failure(own?.changeOwnPassword("second", OWN) ?? Promise.resolve());

  expect(refused.reason).toBe("locked");
  expect(performance.now() - began).toBeLessThan(4000);
  await blocker.query("UNLOCK TABLES");
  await own?.[Symbol.asyncDispose]();
  expect(await accepted(username, password)).toEqual([true]);
});

test("a read-only server is told before anything is tried", async () => {
  const { username, password } = await newAccount();
  await sql("GRANT CONNECTION_ADMIN ON *.* TO ".concat(username), "SET GLOBAL read_only = ON");

  const refused = await failure(change(username, password, "second"));

  await sql("SET GLOBAL read_only = OFF");
  expect(refused.reason).toBe("read-only");
  expect(await accepted(username, password)).toEqual([true]);
});

test("discarding is harmless for a user who could not retain one, which it cannot tell", async () => {
  const { username, password } = await newAccount();
  await using own = await session(username, password);

  expect(await discard(own)).toContain("may not turn off");

  expect(await accepted(username, password)).toEqual([true]);
});

test("a password that was kept before the user lost the privilege: log and answer have the statement that ends it", async () => {
  const { username, password } = await newAccount();
  await sql(`${RETAIN} ${username}`);
  await change(username, password, "second");
  await sql(`REVOKE APPLICATION_PASSWORD_ADMIN ON *.* FROM ${username}`);
  await change(username, "second", "third");
  await using own = await session(username, "third");

  const why = await discard(own);

  expect(await accepted(username, password, "second", "third")).toEqual([true, false, true]);
  const statement = /administrator: (ALTER USER .*)$/.exec(why ?? "")?.[1];
  expect(log.join("\n")).toContain(`goes on working until an administrator runs: ${statement} - `);
  await sql(statement ?? "");
  expect(await accepted(username, password, "third")).toEqual([false, true]);
});
