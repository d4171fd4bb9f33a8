import type { Distribution } from "../packages/distribution.ts";

/** What differs between MySQL and MariaDB for those who start a server. */
export type Product = {
  name: "MySQL" | "MariaDB";
  /** The server's program. */
  program: "mysqld" | "mariadbd";
  /** Whether a version, as the program says it, is one of this product that the rotation functions are made for. */
  suits(version: string): boolean;
  packages: {
    /** A pattern for the package with the program, which is called "…-core"; the one without that has the plugins. */
    core: string;
    /** The distribution's suite that has them. */
    suite(distribution: Distribution): string;
    /** What has to be fetched, for people who wait for it. */
    size: string;
  };
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
};
