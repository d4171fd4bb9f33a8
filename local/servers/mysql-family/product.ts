import type { Packaged } from "../packaged.ts";

/** Differences between MySQL and MariaDB in how a server is created and started. */
export interface Product extends Packaged {
  name: "MySQL" | "MariaDB";
  settings: Record<string, string>;
  settingsWithoutTls: Record<string, string>;
  /** How the program fills a data folder with system tables and one user: root@localhost, without a password. */
  creation: {
    parameter: string;
    /** SQL for the program's stdin. */
    sql(share: string): Promise<string>;
  };
  /** The statement that gives root@localhost a password. */
  setRootPassword(password: string): string;
}

/** Places of both products' files in their packages. */
export const PACKAGES = {
  folder: "usr/sbin",
  others: {
    plugin: ["usr/lib/mysql/plugin", "usr/lib/mariadb/plugin"],
    share: ["usr/share/mariadb", "usr/share/mysql"],
  },
  // The program is in the package "…-core"; the package without that suffix has the plugins.
  also: (core: string) => [core.replace("-core", "")],
};

export const VERSION = { parameters: ["--no-defaults", "--version"], pattern: / Ver (\S+)/ };
