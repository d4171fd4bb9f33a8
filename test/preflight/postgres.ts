import { afterAll } from "vitest";
import { startDatabase } from "../support/fixture.ts";
import type { Broken } from "./broken.ts";
import { openWorld, type User, type World } from "./world.ts";

/** A server and a function for the tests of one file; they end with it. */
export async function openPostgres(strategy: World["strategy"], timeoutSeconds?: number): Promise<World> {
  await using started = new AsyncDisposableStack();
  const database = started.use(await startDatabase());
  const world = started.use(await openWorld(database, "postgres", strategy, timeoutSeconds));
  const cleanUp = started.move();
  afterAll(() => cleanUp.disposeAsync());
  return world;
}

export const allowed = async ({ allow }: World) => allow();

/** Keys of the secret that are wrong; the cure is the server's address, the user's name and nothing else. */
export const edited = (
  title: string,
  keys: (user: User) => Record<string, unknown>,
  check: Broken["check"],
  reason: string,
): Broken => ({
  title,
  check,
  reason,
  break: ({ edit }, user) => edit(user.arn, keys(user)),
  cure: async ({ edit, database: { address } }, { arn, name }) =>
    edit(arn, {
      ...{ ssl: undefined, sslServerName: undefined, alternateUsername: undefined },
      ...address,
      username: name,
    }),
});
