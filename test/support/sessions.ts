import { expect, vi } from "vitest";
import type { PostgresServer } from "../../local/servers/postgres/server.ts";

/** Starts a transaction of another session that locks the role's row, until `end` is called. */
export async function holdRow(
  server: PostgresServer,
  username: string,
): Promise<{ end(how: "COMMIT" | "ROLLBACK"): Promise<void> }> {
  const session = await server.connect();
  await session.query("BEGIN");
  await session.query(`ALTER ROLE ${username} CONNECTION LIMIT 99`);
  return {
    end: async (how) => {
      await session.query(how);
      await session.end();
    },
  };
}

/** Waits until this number of sessions of the role wait for a lock at the same time. */
export async function untilBlocked(server: PostgresServer, username: string, sessions = 1): Promise<void> {
  const blocked =
    "SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'";
  await vi.waitFor(
    async () => expect((await server.query(blocked, [username])).rows[0].waiting).toBe(sessions),
    { timeout: 25_000, interval: 20 },
  );
}

/** Waits until the server has ended all sessions of the role, and with them all their unfinished work. */
export async function untilGone(server: PostgresServer, username: string): Promise<void> {
  const sessions = "SELECT FROM pg_stat_activity WHERE usename = $1";
  await vi.waitFor(async () => expect((await server.query(sessions, [username])).rowCount).toBe(0), {
    timeout: 20_000,
    interval: 10,
  });
}
