import { randomBytes } from "node:crypto";
import { quoted } from "../../mysql/pair/facts.ts";
import { mysqlPair, simpleGrant } from "../../mysql/pair/mysql-pair.ts";
import type { PairDialect } from "../../mysql/pair/pair-dialect.ts";
import { accountText, literal } from "../../mysql/sql.ts";
import { identified } from "../password.ts";
import { describe } from "./describe.ts";
import {
  mark,
  markByAdministrator,
  markerFacts,
  markerFindings,
  markerOf,
  mayNotMark,
  unmark,
} from "./marker.ts";

const { everything, needed } = mysqlPair;
const GLOBAL =
  "RELOAD, SHUTDOWN, PROCESS, FILE, SHOW DATABASES, SUPER, CREATE USER, CREATE TABLESPACE, SET USER, " +
  "FEDERATED ADMIN, CONNECTION ADMIN, READ_ONLY ADMIN, REPLICATION SLAVE, REPLICATION SLAVE ADMIN, " +
  "REPLICATION MASTER ADMIN, BINLOG MONITOR, BINLOG ADMIN, BINLOG REPLAY, SLAVE MONITOR";

/** Clauses of a new account. */
const DEFAULTS = /^(REQUIRE NONE|WITH( MAX_\w+ 0(\.0+)?)+|PASSWORD EXPIRE DEFAULT)$/;

/** The part of the pair that is MariaDB's own: roles as ownership markers, and hashes instead of passwords. */
export const mariadbPair: PairDialect = {
  everything: (on) => [
    ...everything(on === "*.*" ? "`any`.*" : on),
    "DELETE HISTORY",
    ...(on === "*.*" ? GLOBAL.split(", ") : []),
  ],
  describe,
  facts: markerFacts,
  roleGrantors: `SELECT User, Host, ${quoted("Role")} FROM mysql.roles_mapping WHERE Admin_option = 'Y' AND Host <> ''`,
  create: (name, _model, cloneOf) => {
    const create =
      cloneOf === undefined
        ? `CREATE USER ${accountText(name)}`
        : `GRANT ${literal(markerOf(cloneOf))} TO ${accountText(name)}`;
    return {
      statement: `${create} IDENTIFIED VIA mysql_native_password USING '<hash of a password that nothing reads>'`,
      kind: "adds",
      run: (_password, session) =>
        `${create} ${identified(session, `Aa1! ${randomBytes(48).toString("base64")}`)}`,
    };
  },
  password: (accounts, { clauses }) => {
    const end = [...Object.values(clauses).filter((clause) => !DEFAULTS.test(clause)), "ACCOUNT UNLOCK"].join(
      " ",
    );
    const set = (clause: string) =>
      `ALTER USER IF EXISTS ${accounts.map((name) => `${accountText(name)} ${clause}`).join(", ")} ${end}`;
    return [
      {
        statement: set("IDENTIFIED VIA mysql_native_password USING '<hash of the password>'"),
        kind: "password",
        run: (password, session) => set(identified(session, password)),
        username: accounts[0]?.user ?? "",
      },
    ];
  },
  needed: (model, account) => {
    const others = model.defaultRoles[0] !== account?.defaultRoles[0];
    return [...needed(model, account), ...(others ? [simpleGrant("UPDATE", "`mysql`.*")] : [])];
  },
  roleAdministrators: [],
  setDefaultRoles: (name, [role = "NONE"]) => `SET DEFAULT ROLE ${role} FOR ${accountText(name)}`,
  mark,
  unmark,
  markByAdministrator,
  mayNotMark,
  markerFindings,
};
