import { randomBytes, randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { startStack } from "../../local/stack.ts";
import { serverOf } from "./sql.ts";
import { type Target, targets } from "./targets.ts";

const ROTATIONS = 3;

/** Users of the server that nobody else has, dropped afterward. */
async function rotate(target: Target, strategy: "single-user" | "master-user") {
  const server = await serverOf(target);
  const username = `rotated_${randomUUID().slice(0, 8)}`;
  const master = `${username}_master`;
  const environment: Record<string, string> = target.caFile ? { DATABASE_CA_FILE: target.caFile } : {};
  await using stack = await startStack({ bundle: `${target.engine}-${strategy}`, environment });
  const { engine, host, port, dbname, ssl } = target;
  const secretOf = (name: string) => ({
    engine,
    host,
    port,
    dbname,
    ssl,
    username: name,
    password: password(),
  });
  try {
    const user = secretOf(username);
    await server.createUser(username, user.password);
    let masterarn: string | undefined;
    if (strategy === "master-user") {
      const masterSecret = secretOf(master);
      await server.createMaster(master, masterSecret.password, username);
      masterarn = await stack.createSecret(master, masterSecret);
    }
    const arn = await stack.createSecret(username, { ...user, masterarn });
    const seen = [];
    for (let rotation = 1; rotation <= ROTATIONS; rotation++) {
      const outcome = await stack.rotate(arn);
      const { username: name, password: current } = await stack.value(arn);
      seen.push({ ...outcome, name, accepted: await server.accepts(String(name), String(current)) });
    }
    return { username, seen };
  } finally {
    await server.dropUsers([`${username}_clone`, master, username]);
  }
}

const password = () => randomBytes(24).toString("base64url");

describe.each(targets())("the $engine server on $host:$port", (target) => {
  it("rotates a single user three times", async () => {
    const { username, seen } = await rotate(target, "single-user");

    expect(seen).toEqual(
      Array(ROTATIONS).fill({ succeeded: true, error: undefined, name: username, accepted: true }),
    );
  });

  it("alternates between two users three times", async () => {
    const { username, seen } = await rotate(target, "master-user");

    expect(seen.map(({ succeeded, error, accepted }) => ({ succeeded, error, accepted }))).toEqual(
      Array(ROTATIONS).fill({ succeeded: true, error: undefined, accepted: true }),
    );
    expect(seen.map(({ name }) => name)).toEqual([`${username}_clone`, username, `${username}_clone`]);
  });
});
