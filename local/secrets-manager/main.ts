import { runCommand } from "../command-line.ts";
import { type Arguments, HELP, parseArguments } from "./command-line.ts";
import { type DeployedFunctions, deployFunctions } from "./deployed-functions.ts";
import { describeEvent } from "./describe-event.ts";
import { type HttpServer, serve } from "./http.ts";
import { createSecretsManager } from "./secrets-manager.ts";

await runCommand(async (args) => {
  const parsed = parseArguments(args);
  if (parsed === "help") console.log(HELP);
  else await run(parsed);
  return 0;
});

async function run({ port, region, functions: bundles, environment }: Arguments): Promise<void> {
  let find: DeployedFunctions["find"] = () => undefined;
  const secretsManager = createSecretsManager({ region, functions: (arn) => find(arn) });
  secretsManager.observe((event) => {
    const line = describeEvent(event);
    if (line !== undefined) console.log(line);
  });

  await using resources = new AsyncDisposableStack();
  const server = resources.use(await serve(secretsManager, { port }));
  const functions = resources.use(
    await deployFunctions({
      bundles,
      environment,
      account: secretsManager.account,
      region,
      secretsManagerUrl: server.url,
      onLog: (name, line) => console.log(`  ${name}: ${line}`),
    }),
  );
  find = functions.find;

  console.log(instructions(server, region, functions.arns));
  await new Promise((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
  console.log("Stopped.");
}

function instructions(server: HttpServer, region: string, functionArns: readonly string[]): string {
  const [example = `arn:aws:lambda:${region}:123456789012:function:NAME`] = functionArns;
  return `Secrets Manager listens on ${server.url}; Ctrl-C stops it and forgets all secrets.

An AWS SDK and the AWS CLI find it by their environment. Any credentials do, and any Region:

  export AWS_ENDPOINT_URL_SECRETS_MANAGER=${server.url}
  export AWS_REGION=${region} AWS_DEFAULT_REGION=${region}
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local

  aws secretsmanager create-secret --name app --secret-string '{"username":"app","password":"secret"}'
  aws secretsmanager rotate-secret --secret-id app --rotation-lambda-arn ${example}
${functionArns.length === 0 ? "\nNo rotation function is registered: start with --function NAME=BUNDLE to rotate.\n" : ""}`;
}
