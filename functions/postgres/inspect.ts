import { randomBytes } from "node:crypto";
import type { Inspection } from "../../shared/engine/engine.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { storedForm } from "./password.ts";
import type { PostgresSession } from "./session.ts";

/** @see Engine.inspect */
export async function inspect(session: PostgresSession, as: "user" | "admin"): Promise<Inspection> {
  const [row] = await session.sql.query("SELECT pg_catalog.pg_is_in_recovery() AS standby");
  if (row?.standby === true) {
    throw new RotationError(
      "read-only",
      "The server is a read-only replica.",
      "Put the host of the primary into the secret. After a failover, wait until the host's name leads to the new primary.",
    );
  }
  if (as === "user") {
    // Fails as setSecret would if the server's password settings are unsupported. The result is not used.
    await storedForm(session, session.identity.username, randomBytes(32).toString("hex"));
  }
  return { version: `PostgreSQL ${session.server.version}`, window: "always" };
}
