import { randomBytes } from "node:crypto";
import { mysqlDialect } from "../mysql/dialect.ts";
import { mysqlEngine } from "../mysql/engine.ts";
import { accountText } from "../mysql/sql.ts";
import { assertMayMark, describe, MARK, mark, markByAnother } from "./account.ts";
import { assertTakesPasswords, changeOwnPassword, identified } from "./password.ts";

const { everything, needed } = mysqlDialect;
const GLOBAL =
  "DELETE HISTORY, RELOAD, SHUTDOWN, PROCESS, FILE, SHOW DATABASES, SUPER, CREATE USER, CREATE TABLESPACE, SET USER, " +
  "FEDERATED ADMIN, CONNECTION ADMIN, READ_ONLY ADMIN, REPLICATION SLAVE, REPLICATION SLAVE ADMIN, " +
  "REPLICATION MASTER ADMIN, BINLOG MONITOR, BINLOG ADMIN, BINLOG REPLAY, SLAVE MONITOR";

export const mariadb = mysqlEngine({
  names: ["mariadb"],
  longestName: 128 - MARK.length,
  refusal: ({ version }) =>
    /^(10\.([6-9]|1\d)|1[1-9])\..*mariadb/i.test(version)
      ? undefined
      : 'This function is for MariaDB from 10.6 on. MySQL has one of its own: write "engine": "mysql" into the secret.',
  changeOwnPassword,
  assertTakesPasswords,
  everything: {
    global: [...everything.schema, ...GLOBAL.split(", ")],
    schema: [...everything.schema, "DELETE HISTORY"],
    table: [...everything.table, "DELETE HISTORY"],
  },
  needed: (model, account) => {
    const others = model.defaultRoles[0] !== account?.defaultRoles[0];
    return [...needed(model, account), ...(others ? [{ privilege: "UPDATE", on: "`mysql`.*" }] : [])];
  },
  describe,
  identified,
  create: (server, name, _model, cloneOf) => {
    const account = `${accountText(name)} ${identified(server, `Aa1! ${randomBytes(48).toString("base64")}`)}`;
    // One statement creates and marks: a crash between two would leave a stranger.
    return cloneOf === undefined ? [`CREATE USER ${account}`] : mark([account], cloneOf);
  },
  mark,
  markByAnother,
  assertMayMark,
  setDefaultRoles: (name, [role = "NONE"]) => `SET DEFAULT ROLE ${role} FOR ${accountText(name)}`,
  // ER_CANNOT_USER is all that ALTER USER says of a password that a plugin refuses, as password_reuse_check does.
  usedBefore: 1396,
});
