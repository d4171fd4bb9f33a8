import { connect, createServer } from "node:net";
import { afterAll, expect, test } from "vitest";
import { failedRotation } from "../support/failures.ts";
import { startDatabase, startPostgresStack } from "../support/fixture.ts";
import { listen } from "../support/listen.ts";
import { newUser, whatApplicationsUse } from "../support/users.ts";

const database = await startDatabase({ plainConnections: true });
const stack = await startPostgresStack(database);
const fixture = { database, stack };

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/**
 * Greets as pgbouncer does, with a process number of its own (BackendKeyData: "K", length 12, number, key). Everything
 * else goes through, so that what a pooler with a list of passwords of its own would break cannot be what fails here.
 */
async function startPooler(target: number) {
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    client.on("error", () => {}).pipe(upstream);
    upstream.on("error", () => {}).on("end", () => client.end());
    upstream.on("data", (chunk) => {
      const at = chunk.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
      if (at >= 0) chunk.writeInt32BE(1, at + 5);
      client.write(chunk);
    });
  });
  const port = await listen(server);
  return { port, [Symbol.asyncDispose]: async () => void server.close() };
}

test("a pooler between here and the server is refused before anything has changed", async () => {
  await using pooler = await startPooler(database.server.port);
  const user = await newUser(fixture, { secret: { port: pooler.port, ssl: false } });
  const before = await whatApplicationsUse(fixture, user);

  const failure = await failedRotation(stack, user.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "unsupported" });
  expect(failure.message).toContain("put the host of the server itself");
  expect(await whatApplicationsUse(fixture, user)).toEqual(before);
});
