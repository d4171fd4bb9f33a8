import { startDatabase } from "../fixture.ts";
import { startSecretsManagerProxy } from "../secrets-manager-proxy.ts";
import { startStepwiseStack } from "../stepwise-stack.ts";
import { startTcpProxy } from "../tcp-proxy.ts";
import type { World } from "./run.ts";

/**
 * Starts a database server and a function, with a proxy on both sides of the function: to Secrets Manager and to the
 * database.
 */
export async function startWorld(): Promise<World & AsyncDisposable> {
  await using started = new AsyncDisposableStack();
  const database = started.use(await startDatabase());
  const apiProxy = started.use(await startSecretsManagerProxy());
  const proxy = started.use(await startTcpProxy(database.address.port, () => world.means.onPacket()));
  const stepwise = await startStepwiseStack(database, { environment: apiProxy.environment });
  const stack = started.use(stepwise.stack);
  apiProxy.forwardTo(stack);
  const cleanUp = started.move();
  const world: World & AsyncDisposable = {
    database,
    stack,
    stepwise,
    port: proxy.port,
    connections: () => proxy.sent.length,
    means: {
      apiProxy,
      onPacket: () => {},
      kill: () => void stack.rotationFunction.kill(),
    },
    [Symbol.asyncDispose]: () => cleanUp.disposeAsync(),
  };
  return world;
}
