import { randomUUID } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { ServiceError } from "../../local/secrets-manager/errors.ts";
import { FUNCTION_ACCESS_KEY } from "../../local/stack.ts";
import { failedRotation } from "../support/failures.ts";
import { type PostgresDatabase, startDatabase } from "../support/fixture.ts";
import { putValue, reattempt } from "../support/operator.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { newPair, rotated, startMasterStack, type Users, whoIs } from "./pairs.ts";

/** What RDS puts into the master secrets that it manages: user name and password, and nothing else. */
const RDS_MANAGED = { engine: undefined, host: undefined, port: undefined, dbname: undefined };

await using started = new AsyncDisposableStack();
const database = started.use(await startDatabase({ plainConnections: true }));
const denied = new Set<string>();
const stack = started.use(
  await startMasterStack(database, {
    service: {
      authorize: ({ caller, resource, action }) => {
        if (caller !== FUNCTION_ACCESS_KEY || !denied.has(resource)) return;
        throw new ServiceError("AccessDeniedException", `${caller} is not authorized to perform ${action}`);
      },
    },
  }),
);
const pinned = started.use(
  await startMasterStack(database, { environment: { DATABASE_HOST: database.address.host } }),
);
const cleanUp = started.move();
const fixture = { database, stack };
const { server } = database;

afterAll(() => cleanUp.disposeAsync());

async function editMaster(users: Users, keys: Record<string, unknown>): Promise<void> {
  await putValue(stack, users.master.arn, { ...(await stack.value(users.master.arn)), ...keys });
}

async function edit(users: Users, keys: Record<string, unknown>): Promise<void> {
  await putValue(stack, users.arn, { ...(await stack.value(users.arn)), ...keys });
}

/** How the role's sessions came in, by the server's log. */
async function transports(database: PostgresDatabase, role: string): Promise<string[]> {
  const log = await database.server.log();
  return [...log.matchAll(new RegExp(`connection authorized: user=${role} .*`, "g"))].map(([line]) =>
    line.includes("SSL enabled") ? "TLS" : "clear text",
  );
}

test.for([
  ["host", async () => ({ host: "127.0.0.1" })],
  ["port", async (port: number) => ({ port })],
] as const)(
  "a master secret for another %s: refused, and the master's password goes nowhere",
  async ([what, other]) => {
    const users = await newPair(fixture);
    await using elsewhere = await startTcpProxy(server.port);
    await editMaster(users, await other(elsewhere.port));

    const failure = await failedRotation(stack, users.arn);

    expect(failure).toMatchObject({ step: "setSecret", reason: "secret-changed" });
    expect(failure.message).toContain(what);
    expect(await database.logins(users.master.username)).toEqual({ accepted: 0, rejected: 0 });
    expect(elsewhere.sent).toEqual([]);
    await editMaster(users, database.address);
    expect(await reattempt(stack, users.arn)).toBe(true);
  },
);

test("does not log in as the master user to another server that the secret names", async () => {
  const users = await newPair(fixture);
  await using elsewhere = await startTcpProxy(server.port);
  await edit(users, { port: elsewhere.port });

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "secret-changed" });
  expect(elsewhere.sent).toHaveLength(1);
  expect(await database.logins(users.master.username)).toEqual({ accepted: 0, rejected: 0 });
});

test("a master secret that RDS manages works where DATABASE_HOST names the host, and costs no more calls", async () => {
  const users = await newPair({ database, stack: pinned }, { masterSecret: RDS_MANAGED });

  for (let rotation = 1; rotation <= 3; rotation++) await rotated({ database, stack: pinned }, users);

  expect(await transports(database, users.master.username)).toEqual(["TLS", "TLS", "TLS"]);
});

test("a master secret that RDS manages is refused where DATABASE_HOST is not set", async () => {
  const users = await newPair(fixture, { masterSecret: RDS_MANAGED });

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "malformed-secret" });
  expect(failure.message).toContain("Set DATABASE_HOST in the function's environment");
  expect(await database.logins(users.master.username)).toEqual({ accepted: 0, rejected: 0 });
});

test("DATABASE_HOST pins the master that has no host: a secret for another host is refused", async () => {
  const users = await newPair(
    { database, stack: pinned },
    { masterSecret: RDS_MANAGED, secret: { host: "127.0.0.1", sslServerName: "localhost" } },
  );

  const failure = await failedRotation(pinned, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "secret-changed" });
  expect(await database.logins(users.master.username)).toEqual({ accepted: 0, rejected: 0 });
});

test.for([
  ["neither says anything", {}, {}, "TLS"],
  ["the user's says false", { ssl: false }, {}, "TLS"],
  ["the master's says false", {}, { ssl: false }, "TLS"],
  ["both say false", { ssl: false }, { ssl: false }, "clear text"],
] as const)(
  "the master's TLS is never weaker than any of the two secrets: %s",
  async ([, secret, masterSecret, transport]) => {
    const users = await newPair(fixture, { secret, masterSecret });

    await rotated(fixture, users);

    expect(await transports(database, users.master.username)).toEqual([transport]);
  },
);

test("without masterarn the master secret is MASTER_SECRET_ARN's; masterarn goes before it", async () => {
  const name = `stack-wide-${randomUUID()}`;
  const region = `arn:aws:secretsmanager:${stack.secretsManager.region}:${stack.secretsManager.account}`;
  await using withDefault = await startMasterStack(database, {
    environment: { MASTER_SECRET_ARN: `${region}:secret:${name}` },
  });
  const both = { database, stack: withDefault };
  const [users, other] = [await newPair(both, { secret: { masterarn: undefined } }), await newPair(both)];
  await withDefault.createSecret(name, await withDefault.value(users.master.arn));

  await rotated(both, users);
  await rotated(both, other);

  expect(await transports(database, users.master.username)).toHaveLength(1);
  expect(await transports(database, other.master.username)).toHaveLength(1);
  expect(await withDefault.value(users.arn)).not.toHaveProperty("masterarn");
});

test("without any master secret the error says where to name one", async () => {
  const users = await newPair(fixture, { secret: { masterarn: undefined } });

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "malformed-secret" });
  expect(failure.message).toContain('"masterarn"');
  expect(failure.message).toContain("MASTER_SECRET_ARN");
});

test("a master secret that the role's policy denies: the error says so, and allowing it is all that it takes", async () => {
  const users = await newPair(fixture);
  denied.add(users.master.arn);

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "access-denied" });
  expect(failure.message).toContain(`may not read the master secret ${users.master.arn}`);
  expect(failure.message).toMatch(/polic(y|ies)/);
  denied.delete(users.master.arn);
  expect(await reattempt(stack, users.arn)).toBe(true);
});

test("a master secret that does not exist", async () => {
  const users = await newPair(fixture, { secret: { masterarn: "no-such-secret" } });

  expect(await failedRotation(stack, users.arn)).toMatchObject({
    step: "setSecret",
    reason: "malformed-secret",
  });
});

test("the master's own user has no clone: its secret is refused", async () => {
  const users = await newPair(fixture);
  const { username, password } = users.master;
  await edit(users, { username, password });

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "malformed-secret" });
  expect(failure.message).toContain("single-user strategy");
});

test("a secret whose alternate user would be the master is refused, and the master keeps its password", async () => {
  const users = await newPair(fixture);
  const clone = `${users.master.username}_clone`;
  await database.createUser(clone, "second");
  await server.query(`GRANT ${users.master.username} TO ${clone}`);
  await edit(users, { username: clone, password: "second" });

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "malformed-secret" });
  expect(await database.accepts(users.master.username, users.master.password)).toBe(true);
  await edit(users, {
    username: users.username,
    password: users.password,
    alternateUsername: users.master.username,
  });
  expect(await failedRotation(stack, users.arn)).toMatchObject({ reason: "malformed-secret" });
  expect(await database.accepts(users.master.username, users.master.password)).toBe(true);
});

test("a master secret whose password is out of date", async () => {
  const users = await newPair(fixture);
  await editMaster(users, { password: "of last year" });

  const failure = await failedRotation(stack, users.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "login-rejected" });
  expect(failure.message).toContain("the master secret");
  expect((await whoIs(fixture, users)).login).toBe(users.username);
});
