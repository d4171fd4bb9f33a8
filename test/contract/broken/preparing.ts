import { escapeLiteral, escapeIdentifier as id } from "pg";
import type { Engine, Pair } from "../../../shared/engine/engine.ts";
import type { ContractServer } from "../contract-server.ts";
import { withVerbs } from "./derive.ts";

type Verb = (pair: Pair, password: string) => Promise<unknown>;

/** Does something wrong before the alternate user is prepared as it should be, or after it. */
export function preparing({ before, after }: { before?: Verb; after?: Verb }): Engine {
  return withVerbs((session) => ({
    prepareAlternate: async (pair, password) => {
      await before?.(pair, password);
      await session.prepareAlternate(pair, password);
      await after?.(pair, password);
    },
  }));
}

/** The way of AWS's templates: the clone gets copies of what the base user was granted, and acts as itself. */
export function copyPrivileges(
  server: ContractServer,
  { current, alternate }: Pair,
  option = "",
): Promise<void> {
  return server.administer(`
    DO $do$ DECLARE one record; BEGIN
      FOR one IN SELECT * FROM information_schema.role_table_grants WHERE grantee = ${escapeLiteral(current)}
      LOOP EXECUTE format('GRANT %s ON %I TO %I ${option}', one.privilege_type, one.table_name, ${escapeLiteral(alternate)});
      END LOOP;
    END $do$;
    ALTER ROLE ${id(alternate)} RESET role`);
}

export async function exists(server: ContractServer, username: string): Promise<boolean> {
  return (await server.snapshot()).includes(JSON.stringify(username));
}

export const create = ({ alternate }: Pair, how: string) => `
  DO $do$ BEGIN CREATE ROLE ${id(alternate)} ${how}; EXCEPTION WHEN duplicate_object THEN END $do$`;
