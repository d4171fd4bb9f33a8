import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ENGINE_NAMES, type EngineName, type StrategyName, strategiesOf } from "../../local/engines.ts";

type Handler = (event: unknown, context: { getRemainingTimeInMillis(): number }) => Promise<unknown>;

/** A function as it is deployed, loaded into this process. */
export interface Bundle {
  readonly engine: EngineName;
  readonly strategy: StrategyName;
  readonly handler: Handler;
}

/** All of them. Each has a client of its own for Secrets Manager, whose address it reads when it is loaded. */
export async function loadBundles(secretsManagerUrl: string): Promise<Bundle[]> {
  Object.assign(process.env, {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "ASIAHOSTILEFUNCTION00",
    AWS_SECRET_ACCESS_KEY: `secret-access-key-${crypto.randomUUID()}`,
    AWS_SESSION_TOKEN: `session-token-${crypto.randomUUID()}`,
    SECRETS_MANAGER_ENDPOINT: secretsManagerUrl,
    // What would weaken TLS if a function let it.
    NODE_TLS_REJECT_UNAUTHORIZED: "0",
    PGSSLMODE: "disable",
  });
  const bundles = ENGINE_NAMES.flatMap((engine) =>
    strategiesOf(engine).map((strategy) => ({ engine, strategy })),
  );
  return Promise.all(
    bundles.map(async ({ engine, strategy }) => {
      const file = join(import.meta.dirname, "../../dist", `${engine}-${strategy}`, "index.mjs");
      const { handler }: { handler: Handler } = await import(pathToFileURL(file).href);
      return { engine, strategy, handler };
    }),
  );
}
