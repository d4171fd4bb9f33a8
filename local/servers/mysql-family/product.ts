import type { Packaged } from "../packaged.ts";

/** What differs between MySQL and MariaDB for those who start a server. */
export interface Product extends Packaged {
  name: "MySQL" | "MariaDB";
  settings: Record<string, string>;
  settingsWithoutTls: Record<string, string>;
  /** Makes the program fill a data folder with system tables and one user: root@localhost, without a password. */
  creation: {
    parameter: string;
    /** What the program is to read from stdin meanwhile. */
    sql(share: string): Promise<string>;
  };
  /** The statement that gives root@localhost a password. */
  setRootPassword(password: string): string;
}

/** Where both products have their files. */
export const PACKAGES = {
  folder: "usr/sbin",
  others: {
    plugin: ["usr/lib/mysql/plugin", "usr/lib/mariadb/plugin"],
    share: ["usr/share/mariadb", "usr/share/mysql"],
  },
  // The program is in a package "…-core"; the one without that has the plugins.
  also: (core: string) => [core.replace("-core", "")],
};

export const VERSION = { parameters: ["--no-defaults", "--version"], pattern: / Ver (\S+)/ };
