import { describe, expect, test } from "vitest";
import { freePort } from "../../local/servers/free-port.ts";
import { serviceFault } from "../support/interception.ts";
import { holder, putValue } from "../support/operator.ts";
import { rescue, rescueProcess } from "../support/rescue.ts";
import { startSecretsManagerProxy } from "../support/secrets-manager-proxy.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { abandonedAfter, newUser, serverAndFunctions, type User } from "./server-and-functions.ts";

// What comes from the operator's machine: settings that mean what they mean to the function, credentials, a tunnel.

const running = await serverAndFunctions("postgres");
const { database, stack, caFile } = running;

const WRONG = { password: "of nobody at all" };

const reset = ({ arn }: User, environment: Record<string, string> = {}) =>
  rescue(stack, ["reset", "--secret-id", arn, "--yes"], { caFile, environment });

test("MASTER_SECRET_ARN names the master secret for a secret without masterarn", async () => {
  const user = await newUser(running, stack, { ...WRONG, masterarn: undefined });

  const without = await reset(user);
  const named = await reset(user, { MASTER_SECRET_ARN: user.masterArn });

  expect(without).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("MASTER_SECRET_ARN is not set"),
  });
  expect(named).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("AWSCURRENT logs in.") });
});

test("DATABASE_HOST is the only host for a master secret without a host", async () => {
  const user = await newUser(running, stack, WRONG);
  const { username, password } = await stack.value(user.masterArn);
  await putValue(stack, user.masterArn, { username, password });

  expect((await reset(user)).stderr).toContain("Set DATABASE_HOST");
  expect((await reset(user, { DATABASE_HOST: "elsewhere.example" })).stderr).toContain(
    "The master's password goes nowhere else",
  );
  expect(await reset(user, { DATABASE_HOST: database.address.host })).toMatchObject({ exitCode: 0 });
});

test("PASSWORD_IN_SQL=plaintext lets a server module check the password and reject it", async () => {
  const user = await newUser(running, stack, { password: "short" });
  const { username: master } = await stack.value(user.masterArn);
  await running.administer(`ALTER ROLE ${master} SET session_preload_libraries = 'passwordcheck'`);

  const refused = await reset(user, { PASSWORD_IN_SQL: "plaintext" });

  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^password-refused: /) });
  expect(refused.stderr, "Nobody has a rotation to give up.").not.toContain("AWSPENDING");
  expect(await reset(user)).toMatchObject({ exitCode: 0 });
  expect(await database.accepts(user.username, "short")).toBe(true);
});

test("reaches a database only through the tunnel, under the name of the secret's own host", async () => {
  const nowhere = await freePort();
  const user = await newUser(running, stack, { port: nowhere });
  await using tunnel = await startTcpProxy(database.address.port);

  const without = await rescue(stack, ["--secret-id", user.arn], { caFile });
  const through = ["--secret-id", user.arn, "--through", `127.0.0.1:${tunnel.port}`];

  expect(without).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(
      /The database did not answer\n.*cannot be reached \(ECONNREFUSED\)[\s\S]*^It is unknown whether something is wrong$/m,
    ),
  });
  const json = await rescue(stack, ["--secret-id", user.arn, "--json"], { caFile });
  expect(JSON.parse(json.stdout)).toMatchObject({
    healthy: null,
    databaseUnknown: expect.stringContaining("ECONNREFUSED"),
  });
  // The certificate is for localhost, which the secret names, and not for 127.0.0.1.
  expect((await rescueProcess(stack, through, { caFile })).stdout).toContain("AWSCURRENT logs in");
  await abandonedAfter(running.singleUser, user, "stage");
  stack.secretsManager.call("PutSecretValue", {
    SecretId: user.arn,
    ClientRequestToken: await holder(stack, user.arn, "AWSPENDING"),
    SecretString: "not JSON",
    VersionStages: ["AWSPENDING"],
  });
  const unsure = await rescue(stack, ["unstick", "--secret-id", user.arn], { caFile });
  expect(unsure.stdout).toContain(
    "Run this command on a machine that reaches the database, or add --through",
  );
  const hopeless = await rescue(stack, through, { caFile });
  expect(hopeless.stdout).toContain("It fails every time: The value under AWSPENDING is not a JSON object.");
});

test("--through a tunnel: reset works, and the certificate is checked for the secret's own host", async () => {
  const nowhere = await freePort();
  const user = await newUser(running, stack, { ...WRONG, port: nowhere });
  await putValue(stack, user.masterArn, { ...(await stack.value(user.masterArn)), port: nowhere });
  await using tunnel = await startTcpProxy(database.address.port);

  const args = ["reset", "--secret-id", user.arn, "--yes", "--through", `127.0.0.1:${tunnel.port}`];
  const outcome = await rescueProcess(stack, args, { caFile });

  expect(outcome).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("AWSCURRENT logs in.") });
  expect(await database.accepts(user.username, WRONG.password)).toBe(true);
});

describe("the command prints how to log in to AWS without", () => {
  const nobody = {
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_CONFIG_FILE: "/dev/null",
  };
  const noCredentials = { ...nobody, AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };

  test.each([
    ["credentials", noCredentials],
    ["a region", { ...nobody, AWS_REGION: undefined }],
    ["more than an empty region", { ...nobody, AWS_REGION: "" }],
    ["a profile of that name", { ...noCredentials, AWS_PROFILE: "nowhere" }],
  ])("%s", async (_what, environment) => {
    const { exitCode, stderr } = await rescueProcess(stack, ["--secret-id", "app"], { environment });

    expect(stderr).toMatch(
      /^access-denied: .* no credentials, expired ones, or no region were found\. Log in \(aws sso login\)/,
    );
    expect(exitCode).toBe(1);
  });
});

test("reports a Secrets Manager that does not answer, and one that answers with an internal error", async () => {
  await using apiProxy = await startSecretsManagerProxy();
  apiProxy.forwardTo(stack);
  apiProxy.onInterception = () => serviceFault(500, "InternalServiceError");
  const nowhere = { AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${await freePort()}` };

  const silent = await rescue(stack, ["--secret-id", "app"], { environment: nowhere });
  const failing = await rescue(stack, ["--secret-id", "app"], { environment: apiProxy.environment });

  expect(silent.stderr).toMatch(/^unreachable: Secrets Manager did not answer .* \(ECONNREFUSED\)\. Check/);
  expect(failing.stderr).toMatch(/^secrets-manager: .* failed: InternalServiceError, /);
  expect([silent.exitCode, failing.exitCode]).toEqual([1, 1]);
});
