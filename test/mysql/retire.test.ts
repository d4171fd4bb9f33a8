import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, expect, test } from "vitest";
import { startMysqlDatabase } from "../../local/servers/mysql/database.ts";
import type { Verdict } from "../support/interception.ts";
import { startSecretsManagerProxy } from "../support/secrets-manager-proxy.ts";
import { startStepwiseStack } from "../support/stepwise-stack.ts";

await using started = new AsyncDisposableStack();
const database = started.use(await startMysqlDatabase());
const apiProxy = started.use(await startSecretsManagerProxy());
const { stack, stage, invoke } = await startStepwiseStack(database, {
  bundle: "mysql-single-user",
  environment: { RETAIN_PREVIOUS: "false", ...apiProxy.environment },
});
started.use(stack);
apiProxy.forwardTo(stack);
const cleanUp = started.move();
afterAll(() => cleanUp.disposeAsync());
beforeEach(() => {
  apiProxy.onInterception = () => "pass";
});

/** Creates a user that retains passwords, and runs all steps of its rotation before finishSecret. */
async function beforeFinish(username: string) {
  const password = randomUUID();
  await database.createUser(username, password);
  await database.server.query(`GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO ${username}`);
  const arn = await stack.createSecret(username, { ...database.address, username, password });
  const token = await stage(arn);
  for (const step of ["createSecret", "setSecret", "testSecret"] as const) await invoke(step, arn, token);
  const accepts = (text: unknown) => database.accepts(username, String(text));
  return { arn, token, password, accepts };
}

/** Calls `then` after the first move of AWSCURRENT, before the function gets the answer. */
function onMoved(then: () => Verdict | Promise<Verdict>): void {
  let moved = false;
  apiProxy.onInterception = ({ text, moment }) => {
    if (moved || text !== "UpdateSecretVersionStage" || moment !== "after") return "pass";
    moved = true;
    return then();
  };
}

test("RETAIN_PREVIOUS=false: the old password ends also if the answer to the move was lost", async () => {
  const { arn, token, password, accepts } = await beforeFinish("lost");
  onMoved(() => "cut");

  await invoke("finishSecret", arn, token);

  expect(await accepts(password)).toBe(false);
  expect(await accepts((await stack.value(arn)).password)).toBe(true);
});

test("RETAIN_PREVIOUS=false: AWSCURRENT logs in also if the next rotation has come before", async () => {
  const { arn, token, password, accepts } = await beforeFinish("overtaken");
  let next = "";
  onMoved(async (): Promise<Verdict> => {
    next = await stage(arn);
    for (const step of ["createSecret", "setSecret"] as const) await invoke(step, arn, next);
    return "pass";
  });

  await invoke("finishSecret", arn, token);

  expect(await accepts((await stack.value(arn)).password)).toBe(true);
  expect(await accepts(password)).toBe(false);
  for (const step of ["testSecret", "finishSecret"] as const) await invoke(step, arn, next);
  expect(await accepts((await stack.value(arn)).password)).toBe(true);
  expect(await accepts((await stack.value(arn, { VersionId: token })).password)).toBe(false);
});
