import { startFunction } from "../lambda/function.ts";
import { type Arguments, HELP, parseArguments, UsageError } from "./command-line.ts";
import { describeEvent } from "./describe-event.ts";
import type { Invoke } from "./events.ts";
import { type HttpServer, serve } from "./http.ts";
import { createSecretsManager } from "./secrets-manager.ts";

try {
  const args = parseArguments(process.argv.slice(2));
  if (args === "help") console.log(HELP);
  else await run(args);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function run({ port, functions }: Arguments): Promise<void> {
  const invocable = new Map<string, Invoke>();
  const secretsManager = createSecretsManager({ functions: (arn) => invocable.get(functionName(arn)) });
  secretsManager.observe((event) => {
    const line = describeEvent(event);
    if (line !== undefined) console.log(line);
  });

  await using resources = new AsyncDisposableStack();
  const server = resources.use(await serve(secretsManager, { port }));
  const arns: string[] = [];
  for (const [name, bundle] of functions) {
    const running = await startFunction({
      name,
      bundle,
      secretsManagerUrl: server.url,
      account: secretsManager.account,
      region: secretsManager.region,
      onLog: (line) => console.log(`  ${name}: ${line}`),
    });
    resources.use(running);
    invocable.set(name, running.invoke);
    arns.push(running.arn);
  }

  console.log(instructions(server, secretsManager.region, arns));
  await new Promise((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
  console.log("Stopped.");
}

/** "arn:aws:lambda:us-east-1:123456789012:function:NAME", with or without a qualifier behind it. */
function functionName(arn: string): string {
  return /:function:([^:]+)(:[^:]+)?$/.exec(arn)?.[1] ?? "";
}

function instructions(server: HttpServer, region: string, functionArns: string[]): string {
  const [example = `arn:aws:lambda:${region}:123456789012:function:NAME`] = functionArns;
  return `Secrets Manager listens on ${server.url}; Ctrl-C stops it and forgets all secrets.

An AWS SDK and the AWS CLI find it by their environment. Any credentials do:

  export AWS_ENDPOINT_URL_SECRETS_MANAGER=${server.url}
  export AWS_REGION=${region} AWS_DEFAULT_REGION=${region}
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local

  aws secretsmanager create-secret --name app --secret-string '{"username":"app","password":"secret"}'
  aws secretsmanager rotate-secret --secret-id app --rotation-lambda-arn ${example}
${functionArns.length === 0 ? "\nNo rotation function is registered: start with --function NAME=BUNDLE to rotate.\n" : ""}`;
}
