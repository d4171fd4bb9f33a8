import { afterAll, describe, expect, test } from "vitest";
import { startMariadbLab } from "../mariadb/given.ts";
import { backFrom, cloneOf, type Lab, startLab } from "./given.ts";

const BOTH = {
  sql_mode: "'ANSI,NO_BACKSLASH_ESCAPES'",
  sql_select_limit: "0",
  sql_big_selects: "OFF",
  max_join_size: "1",
  autocommit: "OFF",
  completion_type: "'RELEASE'",
  sql_quote_show_create: "OFF",
  sql_notes: "OFF",
  max_error_count: "0",
  lock_wait_timeout: "1",
  wait_timeout: "1",
  net_write_timeout: "1",
};

describe.each([
  [
    "MySQL",
    () => startLab(),
    {
      ...BOTH,
      transaction_read_only: "ON",
      max_execution_time: "1",
      print_identified_with_as_hex: "OFF",
      generated_random_password_length: "5",
    },
  ],
  [
    "MariaDB",
    () => startMariadbLab(),
    {
      ...BOTH,
      tx_read_only: "ON",
      max_statement_time: "0.001",
      max_session_mem_used: "8192",
      old_passwords: "1",
    },
  ],
] as const)("variables that every new session of the server begins with, %s", async (_, start, variables) => {
  const lab: Lab = await start();
  const { database, sql, newAccount, rotate, change } = lab;
  // This session keeps the variables with which it began.
  const root = await database.server.connect();
  afterAll(async () => {
    await root.end();
    await lab[Symbol.asyncDispose]();
  });

  test.each(Object.entries(variables))("rotates where %s is %s", async (name, value) => {
    const { username, password } = await newAccount();
    await sql(`CREATE DATABASE of_${username}`, `GRANT SELECT ON of_${username}.* TO ${username}`);
    await root.query(`SET GLOBAL ${name} = ${value}`);
    try {
      expect(["kept", "ended"]).toContain(await change(username, password, "second"));
      const clone = await rotate(cloneOf(username), "second");
      const base = await rotate(backFrom(cloneOf(username)), clone.password);
      expect([clone.differences, base.differences]).toEqual([[], []]);
    } finally {
      await root.query(`SET GLOBAL ${name} = DEFAULT`);
    }
  });
});
