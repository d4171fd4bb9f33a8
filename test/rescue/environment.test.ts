import { afterAll, describe, expect, test } from "vitest";
import { freePort } from "../../local/free-port.ts";
import { putValue } from "../support/operator.ts";
import { rescue } from "../support/rescue.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { newUser, startScene, type User } from "./scene.ts";

// What comes from the operator's machine: settings that mean what they mean to the function, credentials, a tunnel.

const scene = await startScene("postgres");
const { database } = scene;
const { stack } = scene.singleUser;
const { caFile } = database;

afterAll(() => scene[Symbol.asyncDispose]());

const WRONG = { password: "of nobody at all" };

const reset = ({ arn }: User, environment: Record<string, string> = {}, ...options: string[]) =>
  rescue(stack, ["reset", "--secret-id", arn, "--yes", ...options], { caFile, environment });

test("MASTER_SECRET_ARN names the master of a secret that does not", async () => {
  const user = await newUser(scene, stack, { ...WRONG, masterarn: undefined });

  const without = await reset(user);
  const named = await reset(user, { MASTER_SECRET_ARN: user.masterArn });

  expect(without).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("MASTER_SECRET_ARN is not set"),
  });
  expect(named).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("AWSCURRENT logs in.") });
});

test("DATABASE_HOST is the only host that a master without one may log in to", async () => {
  const user = await newUser(scene, stack, WRONG);
  const { username, password } = await stack.value(user.masterArn);
  await putValue(stack, user.masterArn, { username, password });

  expect((await reset(user)).stderr).toContain("Set DATABASE_HOST");
  expect((await reset(user, { DATABASE_HOST: "elsewhere.example" })).stderr).toContain(
    "The master's password goes nowhere else",
  );
  expect(await reset(user, { DATABASE_HOST: database.address.host })).toMatchObject({ exitCode: 0 });
});

test("PASSWORD_IN_SQL=plaintext lets a module of the server see the password, and refuse it", async () => {
  const user = await newUser(scene, stack, { password: "short" });
  const { username: master } = await stack.value(user.masterArn);
  await scene.administer(`ALTER ROLE ${master} SET session_preload_libraries = 'passwordcheck'`);

  const refused = await reset(user, { PASSWORD_IN_SQL: "plaintext" });

  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^password-refused: /) });
  expect(refused.stderr, "Nobody has a rotation to give up.").not.toContain("AWSPENDING");
  expect(await reset(user)).toMatchObject({ exitCode: 0 });
  expect(await database.accepts(user.username, "short")).toBe(true);
});

test("--through a tunnel the master resets, and the certificate is for the secret's own host", async () => {
  const nowhere = await freePort();
  const user = await newUser(scene, stack, { ...WRONG, port: nowhere });
  await putValue(stack, user.masterArn, { ...(await stack.value(user.masterArn)), port: nowhere });
  await using tunnel = await startTcpProxy(database.address.port);

  const outcome = await reset(user, {}, "--through", `127.0.0.1:${tunnel.port}`);

  expect(outcome).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("AWSCURRENT logs in.") });
  expect(await database.accepts(user.username, WRONG.password)).toBe(true);
});

describe("whoever is not logged in to AWS is told how, without", () => {
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
    const { exitCode, stderr } = await rescue(stack, ["--secret-id", "app"], { environment });

    expect(stderr).toMatch(
      /^access-denied: .* no credentials, expired ones, or no region were found\. Log in \(aws sso login\)/,
    );
    expect(exitCode).toBe(1);
  });
});
