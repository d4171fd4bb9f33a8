import { startDatabase } from "../fixture.ts";
import { openFrontDoor } from "../secrets-manager-proxy.ts";
import { startDrivenStack } from "../stepwise-stack.ts";
import { startTcpProxy } from "../tcp-proxy.ts";
import type { World } from "./run.ts";

/** A server and a function, with ears on both ends of the function: at Secrets Manager's door and at the database's. */
export async function startWorld(): Promise<World & AsyncDisposable> {
  await using started = new AsyncDisposableStack();
  const database = started.use(await startDatabase());
  const door = started.use(await openFrontDoor());
  const proxy = started.use(await startTcpProxy(database.address.port, () => world.means.onPacket()));
  const driven = await startDrivenStack(database, { environment: door.environment });
  const stack = started.use(driven.stack);
  door.leadTo(stack);
  const cleanUp = started.move();
  const world: World & AsyncDisposable = {
    database,
    stack,
    driven,
    port: proxy.port,
    connections: () => proxy.sent.length,
    means: {
      door,
      onPacket: () => {},
      kill: () => void stack.rotationFunction.kill(),
    },
    [Symbol.asyncDispose]: () => cleanUp.disposeAsync(),
  };
  return world;
}
