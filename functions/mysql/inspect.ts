import type { Inspection } from "../../shared/engine/engine.ts";
import { redact } from "../../shared/report/redact.ts";
import type { Dialect } from "./dialect.ts";
import type { MysqlSession } from "./session.ts";

/** @see Engine.inspect */
export async function inspect(
  dialect: Dialect,
  session: MysqlSession,
  as: "user" | "admin",
): Promise<Inspection> {
  session.assertWritable();
  dialect.assertTakesPasswords(session);
  return {
    version: redact(session.greeting.version).slice(0, 80),
    window: as === "user" ? await dialect.window(session) : "none",
  };
}
