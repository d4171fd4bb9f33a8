import { randomUUID } from "node:crypto";
import {
  CancelRotateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, test } from "vitest";
import { moveCurrent, putValue } from "../support/operator.ts";
import { testBroken } from "./broken.ts";
import { edited, openPostgres } from "./postgres.ts";
import { checkOf, emptySecret, failures, type World } from "./world.ts";

const world = await openPostgres("single-user");
const kept = new Map<string, object>();

describe("the secret", () => {
  testBroken(
    () => world,
    [
      {
        title: "the secret is scheduled for deletion",
        check: "secret",
        reason: "secret-deleted",
        break: ({ stack: { operator } }, { arn }) =>
          operator.send(new DeleteSecretCommand({ SecretId: arn })),
        cure: "commands",
      },
      {
        title: "rotation was canceled",
        check: "rotation",
        reason: "rotation-disabled",
        break: ({ stack: { operator } }, { arn }) =>
          operator.send(new CancelRotateSecretCommand({ SecretId: arn })),
        cure: configured,
      },
      {
        title: "the secret names an alias of the function",
        check: "rotation",
        reason: "access-denied",
        break: async ({ stack: { operator, rotationFunction, secretsManager } }, { arn }) => {
          const RotationLambdaARN = `${rotationFunction.arn}:live`;
          await operator.send(
            new RotateSecretCommand({ SecretId: arn, RotationLambdaARN, RotateImmediately: false }),
          );
          await secretsManager.settled(arn);
        },
        cure: configured,
        says: /version or an alias/,
      },
      edited("the host key is missing", () => ({ host: undefined }), "value", "malformed-secret"),
      edited("the engine is another one", () => ({ engine: "mysql" }), "value", "malformed-secret"),
      edited("the port is no port", () => ({ port: "postgres" }), "value", "malformed-secret"),
      edited("ssl is neither true nor false", () => ({ ssl: "prefer" }), "value", "malformed-secret"),
      {
        title: "the value is no JSON",
        check: "value",
        reason: "malformed-secret",
        break: async ({ stack }, { arn }) => {
          kept.set(arn, await stack.value(arn));
          await putValue(stack, arn, "app:password");
        },
        cure: async ({ stack }, { arn }) => putValue(stack, arn, kept.get(arn) ?? {}),
      },
      edited("the user's name is too long", () => ({ username: "u".repeat(70) }), "value", "unstorable"),
    ],
  );

  testBroken(
    () => world,
    [
      {
        title: "the secret is too large for a new password",
        check: "value",
        reason: "unstorable",
        break: async ({ edit, stack }, { arn }) => {
          const size = JSON.stringify(await stack.value(arn)).length;
          await edit(arn, { note: "x".repeat(65_536 - size - 12) });
        },
        cure: ({ edit }, { arn }) => edit(arn, { note: undefined }),
      },
      {
        title: "a rotation was left unfinished",
        check: "pending",
        break: unfinished,
        cure: async () => {},
      },
      {
        title: "the value of an unfinished rotation no longer follows",
        check: "pending",
        reason: "secret-changed",
        break: async (world, user) => {
          await world.sql(`ALTER ROLE ${user.name} NOLOGIN`);
          expect(await world.stack.rotate(user.arn)).toMatchObject({ succeeded: false });
          await world.sql(`ALTER ROLE ${user.name} LOGIN`);
          await editBehind(world, user.arn, { application: "edited since" });
        },
        cure: "commands",
      },
    ],
  );

  test("a secret without a value is told so, and one without rotation how to turn it on", async () => {
    const arn = await emptySecret(world, "empty");
    expect(failures(await world.report(arn))).toEqual(["labels: no-current-version"]);
    const never = await world.stack.createSecret("never-configured", { engine: "postgres" });
    const told = await world.report(never);
    expect(failures(told)).toEqual(["rotation: rotation-disabled"]);
    expect(checkOf(told, "rotation").remedy).toContain("--no-rotate-immediately");
    expect(failures(await world.report("no-such-secret"))).toEqual(["secret: unknown-secret"]);
  });

  test("an event for preflight without a secret, and any other unknown step, is refused", async () => {
    const { rotationFunction } = world.stack;
    await expect(rotationFunction.ask({ Step: "preflight" })).rejects.toThrow("Step must be one of");
    await expect(rotationFunction.ask({ Step: "postflight", SecretId: "s" })).rejects.toThrow(
      "Step must be one of",
    );
  });

  test("while a rotation is under way the report is only that, and no user logs in", async () => {
    const user = await world.newUser();
    world.setClock("right");
    await unfinished(world, user);
    const before = await world.database.logins(user.name);
    const told = await world.report(user.arn);
    world.setClock("behind");
    expect(told.outcome).toBe("rotating");
    expect(told.checks.map(({ name }) => name)).toEqual(["labels"]);
    expect(await world.database.logins(user.name)).toEqual(before);
  });
});

async function configured(
  { stack }: World,
  { arn }: { arn: string },
  { remedy }: { remedy?: string | undefined },
) {
  const [, RotationLambdaARN] = /--rotation-lambda-arn (\S+)/.exec(remedy ?? "") ?? [];
  await stack.operator.send(
    new RotateSecretCommand({ SecretId: arn, RotationLambdaARN, RotateImmediately: false }),
  );
  await stack.secretsManager.settled(arn);
}

/** A rotation whose setSecret fails, and which is left there. */
async function unfinished({ stack, deny, allow }: World, { arn }: { arn: string }): Promise<void> {
  deny("UpdateSecretVersionStage");
  expect(await stack.rotate(arn)).toMatchObject({ succeeded: false });
  allow();
}

/** Makes an edited value current by moving labels, which leaves AWSPENDING where it is. */
async function editBehind({ stack }: World, arn: string, keys: object): Promise<void> {
  const ClientRequestToken = randomUUID();
  const SecretString = JSON.stringify({ ...(await stack.value(arn)), ...keys });
  const input = { SecretId: arn, ClientRequestToken, SecretString, VersionStages: ["EDITED"] };
  await stack.operator.send(new PutSecretValueCommand(input));
  await moveCurrent(stack, arn, ClientRequestToken);
}
