import { freePort } from "../../../servers/free-port.ts";
import type { Reproductions } from "../reproduction.ts";
import type { ReproductionSetup } from "../reproduction-setup.ts";

const POSTGRES = { engine: "postgres", strategy: "single-user" } as const;

const right = ({ edit, database: { address } }: ReproductionSetup) =>
  edit({ ssl: undefined, sslServerName: undefined, ...address });

/** The way to the server. */
export const NETWORK = {
  unreachable: {
    ...POSTGRES,
    breaks: "nothing listens at the port in the secret",
    break: async ({ edit }) => edit({ port: await freePort() }),
    repairs: "the secret has the port of the database",
    repair: right,
  },
  tls: {
    ...POSTGRES,
    breaks: "the certificate of the server is for another name than `sslServerName` in the secret",
    break: ({ edit }) => edit({ sslServerName: "db.example.com" }),
    repairs: "the secret has no `sslServerName`",
    repair: right,
  },
  database: {
    ...POSTGRES,
    breaks: "what listens at the port in the secret speaks HTTP",
    break: ({ edit, stack: { url } }) => edit({ port: Number(new URL(url).port), ssl: false }),
    repairs: "the secret has the port of the database",
    repair: right,
  },
  unsupported: {
    ...POSTGRES,
    breaks: "the host in the secret is an RDS Proxy",
    break: ({ edit }) => edit({ host: "p.proxy-abcdefghijkl.us-east-1.rds.amazonaws.com" }),
    repairs: "the secret has the host of the database",
    repair: right,
  },
  unavailable: {
    ...POSTGRES,
    breaks: "the server cannot load a library that it is to load for the sessions of the user",
    break: ({ sql, username }) =>
      sql(`ALTER ROLE ${username} SET session_preload_libraries = 'no_such_library'`),
    repairs: "no such library is named",
    repair: ({ sql, username }) => sql(`ALTER ROLE ${username} RESET session_preload_libraries`),
  },
} satisfies Reproductions;
