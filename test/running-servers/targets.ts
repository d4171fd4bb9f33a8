/** Servers that run already, for engines or versions that this machine has no private server of. */
const VARIABLES = {
  postgres: "POSTGRES_TEST_URL",
  mysql: "MYSQL_TEST_URL",
  mariadb: "MARIADB_TEST_URL",
} as const;

export interface Target {
  readonly engine: keyof typeof VARIABLES;
  readonly host: string;
  readonly port: number;
  readonly dbname: string;
  /** Somebody who may create users and grant them what they need. */
  readonly administrator: { readonly username: string; readonly password: string };
  /** PEM file to trust; Node's and Amazon RDS's authorities unless told. */
  readonly caFile: string | undefined;
  /** False only with `?ssl=false`. */
  readonly ssl: boolean;
}

/** `postgres://admin:password@host:5432/database?sslrootcert=/path/of/authority.pem`, the same with mysql and mariadb. */
export function targets(environment: Record<string, string | undefined> = process.env): Target[] {
  return Object.entries(VARIABLES).flatMap(([engine, variable]) => {
    const text = environment[variable];
    if (text === undefined) {
      return [];
    }
    const url = new URL(text);
    const dbname = decodeURIComponent(url.pathname.slice(1));
    if (dbname === "") {
      throw new Error(`${variable} must name a database: …://user:password@host:port/database`);
    }
    return {
      engine: engine as Target["engine"], // Object.entries forgets what the keys were.
      host: url.hostname,
      port: Number(url.port || (engine === "postgres" ? 5432 : 3306)),
      dbname,
      administrator: {
        username: decodeURIComponent(url.username),
        password: decodeURIComponent(url.password),
      },
      caFile: url.searchParams.get("sslrootcert") ?? undefined,
      ssl: url.searchParams.get("ssl") !== "false",
    };
  });
}
