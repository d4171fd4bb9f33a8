import { randomUUID } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { ServiceError } from "../../local/secrets-manager/errors.ts";
import { FUNCTION_ACCESS_KEY } from "../../local/stack.ts";
import { failedRotation } from "../support/failures.ts";
import { type PostgresDatabase, startDatabase } from "../support/fixture.ts";
import { putValue, reattempt } from "../support/operator.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { newTwins, rotated, startMasterStack, type Twins, whoIs } from "./twins.ts";

/** What RDS puts into the master secrets that it manages: user name and password, and nothing else. */
const RDS_MANAGED = { engine: undefined, host: undefined, port: undefined, dbname: undefined };

await using started = new AsyncDisposableStack();
const database = started.use(await startDatabase({ plainConnections: true }));
const denied = new Set<string>();
const stack = started.use(
  await startMasterStack(database, {
    service: {
      authorise: ({ caller, resource, action }) => {
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

async function editMaster(twins: Twins, keys: Record<string, unknown>): Promise<void> {
  await putValue(stack, twins.master.arn, { ...(await stack.value(twins.master.arn)), ...keys });
}

async function edit(twins: Twins, keys: Record<string, unknown>): Promise<void> {
  await putValue(stack, twins.arn, { ...(await stack.value(twins.arn)), ...keys });
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
    const twins = await newTwins(fixture);
    await using elsewhere = await startTcpProxy(server.port);
    await editMaster(twins, await other(elsewhere.port));

    const failure = await failedRotation(stack, twins.arn);

    expect(failure).toMatchObject({ step: "setSecret", reason: "secret-changed" });
    expect(failure.message).toContain(what);
    expect(await database.logins(twins.master.username)).toEqual({ accepted: 0, rejected: 0 });
    expect(elsewhere.sent).toEqual([]);
    await editMaster(twins, database.address);
    expect(await reattempt(stack, twins.arn)).toBe(true);
  },
);

test("a secret that is led to another server of somebody's cannot lead the master there", async () => {
  const twins = await newTwins(fixture);
  await using elsewhere = await startTcpProxy(server.port);
  await edit(twins, { port: elsewhere.port });

  const failure = await failedRotation(stack, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "secret-changed" });
  expect(elsewhere.sent).toHaveLength(1);
  expect(await database.logins(twins.master.username)).toEqual({ accepted: 0, rejected: 0 });
});

test("a master secret that RDS manages works where DATABASE_HOST names the host, and costs no more calls", async () => {
  const twins = await newTwins({ database, stack: pinned }, { masterSecret: RDS_MANAGED });

  for (let rotation = 1; rotation <= 3; rotation++) await rotated({ database, stack: pinned }, twins);

  expect(await transports(database, twins.master.username)).toEqual(["TLS", "TLS", "TLS"]);
});

test("a master secret that RDS manages is refused where DATABASE_HOST is not set", async () => {
  const twins = await newTwins(fixture, { masterSecret: RDS_MANAGED });

  const failure = await failedRotation(stack, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "malformed-secret" });
  expect(failure.message).toContain("Set DATABASE_HOST in the function's environment");
  expect(await database.logins(twins.master.username)).toEqual({ accepted: 0, rejected: 0 });
});

test("DATABASE_HOST pins the master that has no host: a secret for another host is refused", async () => {
  const twins = await newTwins(
    { database, stack: pinned },
    { masterSecret: RDS_MANAGED, secret: { host: "127.0.0.1", sslServerName: "localhost" } },
  );

  const failure = await failedRotation(pinned, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "secret-changed" });
  expect(await database.logins(twins.master.username)).toEqual({ accepted: 0, rejected: 0 });
});

test.for([
  ["neither says anything", {}, {}, "TLS"],
  ["the user's says false", { ssl: false }, {}, "TLS"],
  ["the master's says false", {}, { ssl: false }, "TLS"],
  ["both say false", { ssl: false }, { ssl: false }, "clear text"],
] as const)(
  "the master's TLS is never weaker than any of the two secrets: %s",
  async ([, secret, masterSecret, transport]) => {
    const twins = await newTwins(fixture, { secret, masterSecret });

    await rotated(fixture, twins);

    expect(await transports(database, twins.master.username)).toEqual([transport]);
  },
);

test("without masterarn the master secret is MASTER_SECRET_ARN's; masterarn goes before it", async () => {
  const name = `stack-wide-${randomUUID()}`;
  const region = `arn:aws:secretsmanager:${stack.secretsManager.region}:${stack.secretsManager.account}`;
  await using withDefault = await startMasterStack(database, {
    environment: { MASTER_SECRET_ARN: `${region}:secret:${name}` },
  });
  const both = { database, stack: withDefault };
  const [twins, other] = [await newTwins(both, { secret: { masterarn: undefined } }), await newTwins(both)];
  await withDefault.createSecret(name, await withDefault.value(twins.master.arn));

  await rotated(both, twins);
  await rotated(both, other);

  expect(await transports(database, twins.master.username)).toHaveLength(1);
  expect(await transports(database, other.master.username)).toHaveLength(1);
  expect(await withDefault.value(twins.arn)).not.toHaveProperty("masterarn");
});

test("without any master secret the error says where to name one", async () => {
  const twins = await newTwins(fixture, { secret: { masterarn: undefined } });

  const failure = await failedRotation(stack, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "malformed-secret" });
  expect(failure.message).toContain('"masterarn"');
  expect(failure.message).toContain("MASTER_SECRET_ARN");
});

test("a master secret that the role's policy denies: the error says so, and allowing it is all that it takes", async () => {
  const twins = await newTwins(fixture);
  denied.add(twins.master.arn);

  const failure = await failedRotation(stack, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "access-denied" });
  expect(failure.message).toContain(`may not read the master secret ${twins.master.arn}`);
  expect(failure.message).toMatch(/polic(y|ies)/);
  denied.delete(twins.master.arn);
  expect(await reattempt(stack, twins.arn)).toBe(true);
});

test("a master secret that does not exist", async () => {
  const twins = await newTwins(fixture, { secret: { masterarn: "no-such-secret" } });

  expect(await failedRotation(stack, twins.arn)).toMatchObject({
    step: "setSecret",
    reason: "malformed-secret",
  });
});

test("the master's own user has no clone: its secret is refused", async () => {
  const twins = await newTwins(fixture);
  const { username, password } = twins.master;
  await edit(twins, { username, password });

  const failure = await failedRotation(stack, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "malformed-secret" });
  expect(failure.message).toContain("single-user strategy");
});

test("a secret whose alternate user would be the master is refused, and the master keeps its password", async () => {
  const twins = await newTwins(fixture);
  const clone = `${twins.master.username}_clone`;
  await database.createUser(clone, "second");
  await server.query(`GRANT ${twins.master.username} TO ${clone}`);
  await edit(twins, { username: clone, password: "second" });

  const failure = await failedRotation(stack, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "malformed-secret" });
  expect(await database.accepts(twins.master.username, twins.master.password)).toBe(true);
  await edit(twins, {
    username: twins.username,
    password: twins.password,
    alternateUsername: twins.master.username,
  });
  expect(await failedRotation(stack, twins.arn)).toMatchObject({ reason: "malformed-secret" });
  expect(await database.accepts(twins.master.username, twins.master.password)).toBe(true);
});

test("a master secret whose password is out of date", async () => {
  const twins = await newTwins(fixture);
  await editMaster(twins, { password: "of last year" });

  const failure = await failedRotation(stack, twins.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "login-rejected" });
  expect(failure.message).toContain("the master secret");
  expect((await whoIs(fixture, twins)).login).toBe(twins.username);
});
