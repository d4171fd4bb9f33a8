import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { CancelRotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, expect, test } from "vitest";
import { createCanary, secretsOf } from "../support/canary.ts";
import { lastFailure } from "../support/failures.ts";
import { commandLines, findSecrets } from "../support/find-secrets.ts";
import { startDatabase, startPostgresStack } from "../support/fixture.ts";
import { holder, putValue } from "../support/operator.ts";
import { preload } from "../support/preload.ts";
import { startSecretsManagerProxy } from "../support/secrets-manager-proxy.ts";
import { holdRow } from "../support/sessions.ts";
import { currentPassword, newUser, type User } from "../support/users.ts";

/** Logs whatever JSON the function reads: its event, and the values of the secret. */
const LEAK = "const{parse}=JSON;JSON.parse=(...given)=>{console.log(given[0]);return parse(...given)};";

await using started = new AsyncDisposableStack();
const database = started.use(
  await startDatabase({ settings: { log_statement: "all", log_min_messages: "debug1" } }),
);
const { server } = database;
const apiProxy = started.use(await startSecretsManagerProxy());
const stack = started.use(
  await startPostgresStack(database, {
    timeoutSeconds: 4,
    environment: apiProxy.environment,
  }),
);
apiProxy.forwardTo(stack);
// Whoever creates a role tells the server its first password; that is not what is looked for.
await server.query("ALTER ROLE postgres SET log_statement TO none");
const cleanUp = started.move();

afterAll(() => cleanUp.disposeAsync());

async function expectSilence(user: User, thrown: unknown[] = []): Promise<void> {
  const canary = createCanary();
  canary.hide(user.password, ...secretsOf({ stack, apiProxy }, [user.arn]));
  canary.hear("the function's output", stack.log.join("\n"));
  for (const error of thrown) canary.hearThrown(error);
  canary.hear("the server's log", await server.log());
  await canary.hearCommandLines();
  expect(canary.leaks()).toEqual([]);
}

test("normal rotations say nothing", async () => {
  const user = await newUser({ database, stack });

  for (let rotation = 1; rotation <= 3; rotation++)
    expect((await stack.rotate(user.arn)).succeeded).toBe(true);

  // Two credentials, four passwords, and three RotationTokens.
  expect(secretsOf({ stack, apiProxy }, [user.arn]).length).toBe(2 + 4 + 3);
  await expectSilence(user);
});

/** Each provokes one reason, in a rotation of its own. */
const FAILURES: [reason: string, spoil: (user: User) => Promise<unknown>][] = [
  ["missing-privilege", (user) => shutOut(user)],
  ["login-not-allowed", ({ username }) => alter(username, "NOLOGIN")],
  ["connection-limit", ({ username }) => alter(username, "CONNECTION LIMIT 0")],
  ["login-rejected", ({ username }) => alter(username, "VALID UNTIL 'yesterday'")],
  ["locked", ({ username }) => holdRow(server, username)],
  ["missing-database", (user) => edit(user, { dbname: "nowhere" })],
  ["unreachable", (user) => edit(user, { port: 1 })],
  ["tls", (user) => edit(user, { sslServerName: "other.example" })],
  ["malformed-secret", (user) => edit(user, { port: "many" })],
  ["malformed-secret", async (user) => putValue(stack, user.arn, `{"password":"${user.password}"`)],
  ["unstorable", (user) => edit(user, { username: "u".repeat(64) })],
  ["unstorable", (user) => pad(user)],
];

function alter(username: string, how: string): Promise<unknown> {
  return server.query(`ALTER ROLE ${username} ${how}`);
}

async function edit(user: User, keys: object): Promise<void> {
  await putValue(stack, user.arn, { ...(await stack.value(user.arn)), ...keys });
}

async function shutOut(user: User): Promise<void> {
  await server.query("CREATE DATABASE closed");
  await server.query("REVOKE CONNECT ON DATABASE closed FROM PUBLIC");
  await edit(user, { dbname: "closed" });
}

/** As large as a secret may be, with a password so short that no other one fits. */
async function pad(user: User): Promise<void> {
  const value = { ...(await stack.value(user.arn)), password: randomUUID().slice(0, 8), padding: "" };
  await putValue(stack, user.arn, { ...value, padding: "p".repeat(65_536 - JSON.stringify(value).length) });
}

test.for(FAILURES)("a rotation that fails for the reason %s says nothing", async ([reason, spoil]) => {
  const user = await newUser({ database, stack });
  await stack.rotate(user.arn);
  await spoil(user);

  expect((await stack.rotate(user.arn)).succeeded).toBe(false);

  expect(lastFailure(stack, user.arn).reason).toBe(reason);
  await expectSilence(user);
});

test("events that are refused say nothing, and neither do the errors that the caller gets", async () => {
  const user = await newUser({ database, stack });
  await stack.rotate(user.arn);
  const RotationToken = randomUUID();
  const current = (await holder(stack, user.arn, "AWSCURRENT")) ?? "";
  const previous = (await holder(stack, user.arn, "AWSPREVIOUS")) ?? "";
  const event = { Step: "setSecret", SecretId: user.arn, ClientRequestToken: current, RotationToken };

  const thrown = [
    await errorOf({ ...event, Step: "set_secret" }),
    await errorOf({ ...event, ClientRequestToken: RotationToken.slice(0, 8) }),
    await errorOf({ ...event, ClientRequestToken: previous }),
    await errorOf({ ...event, SecretId: `${user.arn}x` }),
  ];
  await stack.operator.send(new CancelRotateSecretCommand({ SecretId: user.arn }));
  thrown.push(await errorOf(event));

  expect(findSecrets([RotationToken], stack.log.join("\n"))).toEqual([]);
  expect(findSecrets([RotationToken], JSON.stringify(thrown))).toEqual([]);
  await expectSilence(user, thrown);
});

function errorOf(event: object): Promise<unknown> {
  return stack.rotationFunction.invoke(event).then(
    () => expect.fail("The invocation should have failed."),
    (error: unknown) => error,
  );
}

test("control: a function that logs what it reads, with the password in SQL, is found out everywhere", async () => {
  await using leakyApiProxy = await startSecretsManagerProxy();
  await using leaky = await startPostgresStack(database, {
    environment: {
      ...leakyApiProxy.environment,
      NODE_OPTIONS: preload(
        `${LEAK}console.log(process.env.AWS_SECRET_ACCESS_KEY,process.env.AWS_SESSION_TOKEN);`,
      ),
      PASSWORD_IN_SQL: "plaintext",
    },
  });
  leakyApiProxy.forwardTo(leaky);
  const user = await newUser({ database, stack: leaky });
  await leaky.rotate(user.arn);
  const all = secretsOf({ stack: leaky, apiProxy: leakyApiProxy }, [user.arn]);
  const second = await currentPassword({ stack: leaky }, user);
  const sleeper = spawn(process.execPath, ["-e", "console.log('up');process.stdin.resume()", "--", second]);
  await once(sleeper.stdout, "data");

  const inOutput = findSecrets(all, leaky.log.join("\n"));
  const inServerLog = findSecrets(all, await server.log());
  const inCommandLines = findSecrets([second], await commandLines());
  sleeper.kill();

  expect(inOutput).toEqual(all);
  expect(inServerLog).toEqual([second]);
  expect(inCommandLines).toEqual([second]);
  expect(await commandLines()).toContain("bootstrap.mjs");
});
