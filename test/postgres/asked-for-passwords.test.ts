import { afterAll, expect, test } from "vitest";
import { startDatabase, startPostgresStack } from "../support/fixture.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { newUser, type User } from "../support/users.ts";

// pg_hba.conf decides how a user proves its password. These tests write down what the function does where a server asks
// for something weaker than SCRAM: it obeys, as every client of PostgreSQL does by default. Within TLS, whose
// certificate was verified, that tells the password to the right server only; with "ssl": false it tells it to the
// network as well.

const database = await startDatabase({
  plainConnections: true,
  accessRules: ["host all clear 127.0.0.1/32 password", "host all hashed 127.0.0.1/32 md5"],
});
const proxy = await startTcpProxy(database.address.port);
const stack = await startPostgresStack(database);
const fixture = { database, stack };

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

async function rotateAndListen(user: User): Promise<{ succeeded: boolean; sent: Buffer }> {
  const connections = proxy.sent.length;
  const { succeeded } = await stack.rotate(user.arn);
  return { succeeded, sent: Buffer.concat(proxy.sent.slice(connections)) };
}

test("sends the password to a server that asks for it: inside TLS, and in plaintext if the secret says so", async () => {
  const user = await newUser(fixture, { username: "clear", secret: { port: proxy.port } });
  const insideTls = await rotateAndListen(user);
  const value = await stack.value(user.arn);
  const inTheClear = await stack.createSecret("clear-text", { ...value, ssl: false });

  const withoutTls = await rotateAndListen({ ...user, arn: inTheClear });

  expect(insideTls.succeeded).toBe(true);
  expect(insideTls.sent.includes(user.password)).toBe(false);
  expect(withoutTls.succeeded).toBe(true);
  expect(withoutTls.sent.includes(String(value.password))).toBe(true);
});

test("a server that asks for md5 gets the hash that is to be sent with its salt, never the password", async () => {
  const user = await newUser(fixture, { username: "hashed", secret: { port: proxy.port, ssl: false } });
  // Until an administrator sets an md5 password, the server has a SCRAM verifier, and uses SCRAM under md5's name.
  const first = await rotateAndListen(user);
  const current = await stack.value(user.arn);
  await database.server.query(
    `SET password_encryption TO md5; ALTER ROLE hashed PASSWORD '${current.password}';
     ALTER ROLE hashed SET password_encryption TO md5`,
  );
  const rotations = [first, await rotateAndListen(user)];

  expect(rotations.map(({ succeeded }) => succeeded)).toEqual([true, true]);
  expect(rotations[0]?.sent.includes("SCRAM-SHA-256")).toBe(true);
  expect(rotations[1]?.sent.includes("SCRAM-SHA-256")).toBe(false);
  const { password } = await stack.value(user.arn);
  for (const { sent } of rotations) expect(sent.includes(String(password))).toBe(false);
});
