import { afterAll, describe, expect, test } from "vitest";
import { failure, OWN } from "../mysql/given.ts";
import { startMariadbLab, VERSIONS } from "./given.ts";

const IN_CLEAR = { PASSWORD_IN_SQL: "plaintext" };
const CHECKED = "Checked-1-password";

describe.each(VERSIONS)("plugins, version %s", async (version) => {
  const lab = await startMariadbLab(version);
  const { database, sql, session, newAccount, newName } = lab;
  afterAll(() => lab[Symbol.asyncDispose]());

  async function change(username: string, from: string, to: string, environment = {}): Promise<void> {
    await using own = await session(username, from, {}, environment);
    await own.changeOwnPassword(to, OWN);
  }

  async function accepted(username: string, ...passwords: string[]): Promise<boolean[]> {
    return await Promise.all(passwords.map((password) => database.accepts(username, password)));
  }

  async function createUser(username: string): Promise<string> {
    return String((await sql(`SHOW CREATE USER ${username}`)).flat()[0]);
  }

  /** Installs plugins that check passwords, until the end of the test. */
  async function plugins(...names: string[]): Promise<AsyncDisposable> {
    await sql(...names.map((name) => `INSTALL SONAME '${name}'`));
    return {
      [Symbol.asyncDispose]: async () => {
        await sql(...names.map((name) => `UNINSTALL SONAME '${name}'`));
      },
    };
  }

  describe("other authentication methods", () => {
    test.each([
      ["mysql_native_password USING PASSWORD('first') OR unix_socket"],
      ["unix_socket OR mysql_native_password USING PASSWORD('first')"],
      ["mysql_native_password USING PASSWORD('first') OR mysql_native_password USING PASSWORD('other')"],
    ])("V35 IDENTIFIED VIA %s: refused before anything changes", async (rules) => {
      const username = newName();
      await sql(`CREATE USER ${username} IDENTIFIED VIA ${rules}`);
      const before = await createUser(username);

      for (const environment of [{}, IN_CLEAR]) {
        const { reason, message } = await failure(change(username, "first", "second", environment));
        expect(reason).toBe("unsupported");
        expect(message).toContain("mysql_native_password");
      }
      expect(await createUser(username)).toBe(before);
    });

    test.each([
      "ed25519 USING PASSWORD('first')",
      "ed25519 USING PASSWORD('first') OR mysql_native_password USING PASSWORD('first')",
    ])("V35 IDENTIFIED VIA %s: no login, and a clear error", async (rules) => {
      await using _plugins = await plugins("auth_ed25519");
      const username = newName();
      await sql(`CREATE USER ${username} IDENTIFIED VIA ${rules}`);

      const { reason, message } = await failure(session(username, "first"));

      expect(reason).toBe("unsupported");
      expect(message).toContain("mysql_native_password");
      await sql(`DROP USER ${username}`);
    });
  });

  describe("a server that checks passwords", () => {
    test("takes no hash: refused with the remedy, before anything changes", async () => {
      const { username, password } = await newAccount();
      await using _plugins = await plugins("simple_password_check");

      const { reason, message } = await failure(change(username, password, CHECKED));

      expect(reason).toBe("password-refused");
      expect(message).toContain("PASSWORD_IN_SQL=plaintext");
      expect(await accepted(username, password, CHECKED)).toEqual([true, false]);
    });

    test("takes it if strict_password_validation is off", async () => {
      const { username, password } = await newAccount();
      await using _plugins = await plugins("simple_password_check");
      await sql("SET GLOBAL strict_password_validation = OFF");

      await change(username, password, "x").finally(() => sql("SET GLOBAL strict_password_validation = ON"));

      expect(await accepted(username, password, "x")).toEqual([false, true]);
    });

    test("V19 gets to see it with PASSWORD_IN_SQL=plaintext, and may refuse it", async () => {
      const { username, password } = await newAccount();
      await using _plugins = await plugins("simple_password_check");

      const { reason, message } = await failure(change(username, password, "short", IN_CLEAR));
      await change(username, password, CHECKED, IN_CLEAR);

      expect(reason).toBe("password-refused");
      expect(message).toContain("PASSWORD_LENGTH");
      expect(message).not.toContain("short");
      expect(await accepted(username, password, CHECKED)).toEqual([false, true]);
    });

    test("and remembers those it had: a second run finds the pending one in place", async () => {
      const { username, password } = await newAccount();
      await using _plugins = await plugins("password_reuse_check");
      await change(username, password, CHECKED, IN_CLEAR);

      await change(username, CHECKED, CHECKED, IN_CLEAR);

      expect(await accepted(username, CHECKED)).toEqual([true]);
      await change(username, CHECKED, "Another-2", IN_CLEAR);
      expect((await failure(change(username, "Another-2", CHECKED, IN_CLEAR))).reason).toBe(
        "password-refused",
      );
    });

    test("old_passwords does not weaken what is sent in clear", async () => {
      const { username, password } = await newAccount();
      await sql("SET GLOBAL old_passwords = 1");

      await change(username, password, "second", IN_CLEAR).finally(() => sql("SET GLOBAL old_passwords = 0"));

      expect(await createUser(username)).toMatch(/BY PASSWORD '\*[0-9A-F]{40}'/);
    });
  });
});
