/** A module of a dependency that no function uses, and its replacement in the bundle. */
export interface Replacement {
  /** A package, or one file of it: "pg/lib/index.js". */
  readonly module: string;
  /** The package that imports it. */
  readonly importedBy: string;
  /** Why functions do not need it. */
  readonly why: string;
  /** Source text of the replacement. Paths are relative to this folder for a package, and to the file for a file. */
  readonly instead: string;
}

export const REPLACEMENTS: readonly Replacement[] = [
  {
    module: "@aws-sdk/credential-provider-node",
    importedBy: "@aws-sdk/client-secrets-manager",
    why: "Single sign-on, profiles and instance metadata have no credentials for a Lambda function.",
    instead: 'export * from "./credential-chain.ts";',
  },
  {
    module: "@smithy/core/dist-es/submodules/event-streams/index.js",
    importedBy: "@smithy/core",
    why: "No operation of Secrets Manager streams events.",
    instead: "export {};",
  },
  {
    module: "pg/lib/index.js",
    importedBy: "pg",
    why: "One connection at a time takes no pool, and the native client is not deployed.",
    instead: 'exports.Client = require("./client");',
  },
  {
    module: "pgpass",
    importedBy: "pg",
    why: "Passwords are in secrets, never in a file.",
    instead: "module.exports = (_connection, found) => found();",
  },
  {
    module: "mysql2/index.js",
    importedBy: "mysql2",
    why: "One connection at a time takes no pool, and a function is no server.",
    instead: 'exports.createConnection = require("./lib/create_connection.js");',
  },
  {
    module: "mysql2/lib/constants/ssl_profiles.js",
    importedBy: "mysql2",
    why: "The CA certificates of Amazon RDS are in a file of Lambda's runtime, for all engines.",
    instead: "module.exports = {};",
  },
  {
    module: "mysql2/lib/constants/errors.js",
    importedBy: "mysql2",
    why: "Engines go by the numbers of errors; of the names there are thousands.",
    instead: "module.exports = {};",
  },
  {
    module: "iconv-lite",
    importedBy: "mysql2",
    why: "Node itself decodes what servers say in other encodings than UTF-8.",
    instead: 'export * from "./encodings.ts";',
  },
];
