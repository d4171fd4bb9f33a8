import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, test } from "vitest";
import { ServiceError } from "../../local/secrets-manager/errors.ts";
import { startMariadbDatabase } from "../../local/servers/mariadb/database.ts";
import { startMysqlDatabase } from "../../local/servers/mysql/database.ts";
import { FUNCTION_ACCESS_KEY, startStack } from "../../local/stack.ts";
import { holder } from "../support/operator.ts";
import { startFreezer } from "./freezer.ts";

describe.each([
  ["mysql", startMysqlDatabase, ["single-user", "single-user with retained passwords", "master-user"]],
  ["mariadb", startMariadbDatabase, ["single-user", "master-user"]],
] as const)(
  "a setSecret that sleeps until the next rotation has finished, %s",
  (engine, start, strategies) => {
    test.each(strategies)("changes nothing when it wakes: %s", async (what) => {
      const strategy = what.startsWith("single-user") ? "single-user" : "master-user";
      await using database = await start({ plainConnections: true });
      using freezer = await startFreezer(database.server.port);
      let refuses = false;
      await using stack = await startStack({
        bundle: `${engine}-${strategy}`,
        environment: { DATABASE_CA_FILE: database.caFile },
        service: {
          attempts: 1,
          // The service's own first step ends before it has done anything, and the rotation is staged.
          authorize: ({ caller }) => {
            if (refuses && caller === FUNCTION_ACCESS_KEY)
              throw new ServiceError("AccessDeniedException", "Not yet.");
          },
        },
      });
      const server = { ...database.address, port: freezer.port, ssl: false };
      const password = randomUUID();
      await database.createUser("app", password);
      await database.createMaster("master", "master", "app");
      if (what.endsWith("passwords")) await database.letKeepOldPassword?.("app");
      const masterarn = await stack.createSecret("master", {
        ...server,
        username: "master",
        password: "master",
      });
      const SecretId = await stack.createSecret("app", { ...server, username: "app", password, masterarn });
      refuses = true;
      await stack.rotate(SecretId);
      refuses = false;
      const token = (await holder(stack, SecretId, "AWSPENDING")) ?? expect.fail("The rotation is staged.");
      await stack.rotationFunction.invoke({ Step: "createSecret", SecretId, ClientRequestToken: token });

      const { promise: asleep, resolve: fallAsleep } = Promise.withResolvers<void>();
      const { promise: awake, resolve: wakeUp } = Promise.withResolvers<void>();
      let slept = false;
      freezer.onSent(async (chunk) => {
        if (slept || !chunk.includes("GET_LOCK")) return chunk;
        slept = true;
        fallAsleep();
        await awake;
        return chunk;
      });
      const late = stack.rotationFunction
        .invoke({ Step: "setSecret", SecretId, ClientRequestToken: token })
        .then(() => "It succeeded.", String);
      await asleep;
      await stack.operator.send(
        new UpdateSecretVersionStageCommand({
          SecretId,
          VersionStage: "AWSPENDING",
          RemoveFromVersionId: token,
        }),
      );
      await wait(1100);
      expect(await stack.rotate(SecretId)).toEqual({ succeeded: true, error: undefined });
      const before = await database.server.query(
        "SELECT * FROM mysql.user WHERE User LIKE 'app%' ORDER BY User",
      );
      wakeUp();

      expect(await late).toContain("no labeled version");

      const { username, password: current } = await stack.value(SecretId);
      expect(await database.accepts(String(username), String(current))).toBe(true);
      expect(
        await database.server.query("SELECT * FROM mysql.user WHERE User LIKE 'app%' ORDER BY User"),
      ).toEqual(before);
    });
  },
);
