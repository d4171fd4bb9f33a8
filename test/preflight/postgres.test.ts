import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import {
  CancelRotateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificateAuthority } from "../../local/certificates.ts";
import { startDatabase } from "../support/fixture.ts";
import { moveCurrent, putValue } from "../support/operator.ts";
import { type Broken, testBroken } from "./broken.ts";
import {
  checkOf,
  emptySecret,
  failures,
  openWorld,
  type TestDatabase,
  type User,
  type World,
} from "./world.ts";

const cleanUp = new AsyncDisposableStack();
let database: TestDatabase;
let single: World;
let master: World;

beforeAll(async () => {
  database = cleanUp.use(await startDatabase());
  single = cleanUp.use(await openWorld(database, "postgres", "single-user"));
  master = cleanUp.use(await openWorld(database, "postgres", "master-user"));
});
afterAll(() => cleanUp.disposeAsync());

const usual = ({ configure }: World) => configure({});
const allowed = async ({ allow }: World) => allow();
const settings = (
  title: string,
  environment: Record<string, string>,
  check = "settings",
  reason = "malformed-settings",
) =>
  ({
    title,
    check: check as Broken["check"],
    reason,
    break: ({ configure }) => configure(environment),
    cure: usual,
  }) satisfies Broken;
const edited = (
  title: string,
  keys: (user: User) => Record<string, unknown>,
  check: Broken["check"],
  reason: string,
): Broken => ({
  title,
  check,
  reason,
  break: ({ edit }, user) => edit(user.arn, keys(user)),
  cure: async ({ edit, database: { address } }, { arn, name }) =>
    edit(arn, {
      ...{ ssl: undefined, sslServerName: undefined, alternateUsername: undefined },
      ...address,
      username: name,
    }),
});
const denied = (title: string, operation: string, check: Broken["check"], by?: "KMS"): Broken => ({
  title,
  check,
  reason: "access-denied",
  break: async ({ deny }) => deny(operation, "", by),
  cure: allowed,
});

describe("the function and its role", () => {
  testBroken(
    () => single,
    [
      settings("PASSWORD_LENGTH is no number", { PASSWORD_LENGTH: "many" }),
      settings("every kind of character is excluded", {
        EXCLUDE_NUMBERS: "true",
        EXCLUDE_PUNCTUATION: "true",
        EXCLUDE_UPPERCASE: "true",
        EXCLUDE_LOWERCASE: "true",
      }),
      settings(
        "the excluded characters leave no digit",
        { EXCLUDE_CHARACTERS: "0123456789" },
        "settings",
        "malformed-settings",
      ),
      settings("DATABASE_CA_FILE is not there", { DATABASE_CA_FILE: "/opt/none.pem" }, "tls", "tls"),
      settings("the server's CA is unknown", { DATABASE_CA_FILE: "" }, "tls", "tls"),
      denied("GetRandomPassword is denied", "GetRandomPassword", "random-password"),
      denied("DescribeSecret is denied", "DescribeSecret", "secret"),
      denied("GetSecretValue is denied", "GetSecretValue", "value"),
      denied("the secret's key is denied", "GetSecretValue", "value", "KMS"),
      {
        title: "ListSecretVersionIds is denied",
        check: "versions",
        break: async ({ deny }) => deny("ListSecretVersionIds"),
        cure: allowed,
      },
    ],
  );
});

describe("the secret", () => {
  testBroken(
    () => single,
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
    () => single,
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
    const arn = await emptySecret(single, "empty");
    expect(failures(await single.report(arn))).toEqual(["labels: no-current-version"]);
    const never = await single.stack.createSecret("never-configured", { engine: "postgres" });
    const told = await single.report(never);
    expect(failures(told)).toEqual(["rotation: rotation-disabled"]);
    expect(checkOf(told, "rotation").remedy).toContain("--no-rotate-immediately");
    expect(failures(await single.report("no-such-secret"))).toEqual(["secret: unknown-secret"]);
  });

  test("an event for preflight without a secret, and any other unknown step, is refused", async () => {
    const { rotationFunction } = single.stack;
    await expect(rotationFunction.ask({ Step: "preflight" })).rejects.toThrow("Step must be one of");
    await expect(rotationFunction.ask({ Step: "postflight", SecretId: "s" })).rejects.toThrow(
      "Step must be one of",
    );
  });

  test("while a rotation is under way the report is only that, and no user logs in", async () => {
    const user = await single.newUser();
    single.setClock("right");
    await unfinished(single, user);
    const before = await database.logins(user.name);
    const told = await single.report(user.arn);
    single.setClock("behind");
    expect(told.outcome).toBe("rotating");
    expect(told.checks.map(({ name }) => name)).toEqual(["labels"]);
    expect(await database.logins(user.name)).toEqual(before);
  });
});

describe("the way to the server", () => {
  testBroken(
    () => single,
    [
      edited("the host does not resolve", () => ({ host: "nowhere.invalid" }), "dns", "unreachable"),
      {
        ...edited("nothing listens on the port", () => ({}), "tcp", "unreachable"),
        break: async ({ edit }, { arn }) => edit(arn, { port: await freePort() }),
      },
      {
        ...edited("what listens there says nothing", () => ({}), "login", "unavailable"),
        break: async ({ edit }, { arn }) => edit(arn, { port: await listener("") }),
        says: /accepted the connection, and did not answer within \d+ ms/,
      },
      {
        ...edited("what listens there offers no TLS", () => ({}), "tls", "tls"),
        break: async ({ edit }, { arn }) => edit(arn, { port: await listener("N") }),
      },
      edited(
        "the certificate is for another name",
        () => ({ sslServerName: "db.example.com" }),
        "tls",
        "tls",
      ),
      edited(
        "the host is an RDS Proxy",
        () => ({ host: "p.proxy-abcdefghijkl.us-east-1.rds.amazonaws.com" }),
        "server",
        "unsupported",
      ),
    ],
  );
});

test("warns of a certificate that is valid for less than 30 days", async () => {
  const authority = await certificateAuthority();
  const tls = await authority.issue({ hosts: ["localhost"], validDays: 10 });
  await using soon = await startDatabase({ tls });
  await writeFile(soon.caFile, authority.certificate);
  await using world = await openWorld(soon, "postgres", "single-user");
  const user = await world.newUser();
  const told = await world.report(user.arn);
  expect(told.outcome).toBe("healthy");
  expect(checkOf(told, "tls")).toMatchObject({ status: "warning", reason: "tls" });
  expect(checkOf(told, "tls").cause).toMatch(/expires in (9|10) days/);
});

describe("the user", () => {
  const statement = (
    title: string,
    sql: (name: string) => string[],
    reason: string,
    cure: Broken["cure"] = "sql",
    check: Broken["check"] = "login",
  ): Broken => ({ title, check, reason, break: ({ sql: run }, { name }) => run(...sql(name)), cure });

  testBroken(
    () => single,
    [
      statement(
        "somebody changed the password",
        (name) => [`ALTER ROLE ${name} PASSWORD 'another one'`],
        "login-rejected",
        withPassword,
      ),
      statement(
        "the user was dropped",
        (name) => [`DROP ROLE ${name}`],
        "login-rejected",
        async (world, user) => {
          await world.sql(`CREATE ROLE ${user.name} LOGIN`);
          await withPassword(world, user);
        },
      ),
      statement(
        "the password has expired",
        (name) => [`ALTER ROLE ${name} VALID UNTIL '2020-01-01'`],
        "login-rejected",
        (world, { name }) => world.sql(`ALTER ROLE ${name} VALID UNTIL 'infinity'`),
      ),
      statement("the user has NOLOGIN", (name) => [`ALTER ROLE ${name} NOLOGIN`], "login-not-allowed"),
      statement(
        "the user's connections are used up",
        (name) => [`ALTER ROLE ${name} CONNECTION LIMIT 0`],
        "connection-limit",
        (world, { name }) => world.sql(`ALTER ROLE ${name} CONNECTION LIMIT -1`),
      ),
      statement(
        "the server's iterations are more than a function can do",
        (name) => [`ALTER ROLE ${name} SET scram_iterations = 2000000`],
        "unsupported",
        (world, { name }) => world.sql(`ALTER ROLE ${name} RESET scram_iterations`),
        "server",
      ),
      edited("the database does not exist", () => ({ dbname: "nowhere" }), "login", "missing-database"),
      {
        title: "the user may not connect to the database",
        check: "login",
        reason: "missing-privilege",
        break: async ({ sql, edit }, { arn, name }) => {
          await sql(
            `CREATE DATABASE closed_${name}`,
            `REVOKE CONNECT ON DATABASE closed_${name} FROM PUBLIC`,
          );
          await edit(arn, { dbname: `closed_${name}` });
        },
        cure: "sql",
      },
    ],
  );
});

describe("the two users", () => {
  testBroken(
    () => master,
    [
      {
        title: "no master secret is named",
        check: "master-secret",
        reason: "malformed-secret",
        break: ({ edit }, { arn }) => edit(arn, { masterarn: undefined }),
        cure: ({ edit }, { arn, masterArn }) => edit(arn, { masterarn: masterArn }),
      },
      {
        title: "the master secret is denied",
        check: "master-secret",
        reason: "access-denied",
        break: async ({ deny }, { master: name }) => deny("GetSecretValue", name),
        cure: allowed,
      },
      {
        title: "the master secret's key is denied",
        check: "master-secret",
        reason: "access-denied",
        break: async ({ deny }, { master: name }) => deny("GetSecretValue", name, "KMS"),
        cure: allowed,
        says: /DecryptMasterSecret/,
      },
      {
        title: "the master secret does not exist",
        check: "master-secret",
        reason: "malformed-secret",
        break: ({ edit }, { arn, masterArn }) => edit(arn, { masterarn: `${masterArn}x` }),
        cure: ({ edit }, { arn, masterArn }) => edit(arn, { masterarn: masterArn }),
      },
      {
        title: "the master secret is for another server",
        check: "master-secret",
        reason: "secret-changed",
        break: ({ edit }, { masterArn }) => edit(masterArn, { host: "other.example.com" }),
        cure: ({ edit }, { masterArn }) => edit(masterArn, { host: "localhost" }),
      },
      {
        title: "the master's password was changed",
        check: "master-login",
        reason: "login-rejected",
        break: ({ sql }, { master: name }) => sql(`ALTER ROLE ${name} PASSWORD 'another one'`),
        cure: async ({ sql, stack }, { master: name, masterArn }) =>
          sql(`ALTER ROLE ${name} PASSWORD '${(await stack.value(masterArn)).password}'`),
      },
      {
        title: "the master has NOLOGIN",
        check: "master-login",
        reason: "login-not-allowed",
        break: ({ sql }, { master: name }) => sql(`ALTER ROLE ${name} NOLOGIN`),
        cure: "sql",
      },
      {
        title: "the master lacks CREATEROLE",
        check: "plan",
        reason: "missing-privilege",
        break: ({ sql }, { master: name }) => sql(`ALTER ROLE ${name} NOCREATEROLE`),
        cure: "sql",
      },
      {
        title: "the master lacks ADMIN OPTION",
        check: "plan",
        reason: "missing-privilege",
        break: ({ sql }, { name, master: admin }) => sql(`REVOKE ADMIN OPTION FOR ${name} FROM ${admin}`),
        cure: "sql",
      },
      {
        title: "the current user is a superuser",
        check: "plan",
        reason: "missing-privilege",
        break: ({ sql }, { name }) => sql(`ALTER ROLE ${name} SUPERUSER`),
        cure: "sql",
      },
      {
        title: "the alternate user exists without an ownership marker",
        check: "plan",
        reason: "user-not-owned",
        break: ({ sql }, user) => sql(...prepared(user, false)),
        cure: "sql",
      },
      {
        title: "the alternate user has NOLOGIN",
        check: "plan",
        reason: "login-not-allowed",
        break: ({ sql }, user) => sql(...prepared(user, true), `ALTER ROLE ${user.clone} NOLOGIN`),
        cure: "sql",
      },
      {
        title: "another user is a member of the alternate user",
        check: "plan",
        reason: "user-not-owned",
        break: ({ sql }, user) =>
          sql(
            ...prepared(user, true),
            `CREATE ROLE guest_${user.name}`,
            `GRANT ${user.clone} TO guest_${user.name}`,
          ),
        cure: "sql",
      },
      {
        title: "the alternate user has a privilege that the current one lacks",
        check: "plan",
        reason: "privilege-mismatch",
        break: ({ sql }, user) => sql(...prepared(user, true), `ALTER ROLE ${user.clone} SUPERUSER`),
        cure: ({ sql }, user) => sql(`ALTER ROLE ${user.clone} NOSUPERUSER`),
      },
      edited(
        "the alternate user is the user itself",
        ({ name }) => ({ alternateUsername: name }),
        "value",
        "malformed-secret",
      ),
    ],
  );

  test("shows the plan of the next setSecret as statements, and carries none of them out", async () => {
    const user = await master.newUser();
    const told = await master.report(user.arn);
    const { details } = checkOf(told, "plan");
    expect(details[0]).toBe(`The alternate user ${user.clone} does not exist and is created`);
    expect(details).toContain(`CREATE ROLE "${user.clone}" LOGIN`);
    expect(details.at(-1)).toMatch(/PASSWORD '<the password under AWSPENDING>'$/);
    expect(await database.server.query(`SELECT FROM pg_roles WHERE rolname = '${user.clone}'`)).toMatchObject(
      {
        rowCount: 0,
      },
    );
    expect(await master.stack.rotate(user.arn)).toMatchObject({ succeeded: true });
  });

  test("takes one complete login per user", async () => {
    const user = await master.newUser();
    const before = await Promise.all(
      [user.name, user.clone, user.master].map((name) => database.logins(name)),
    );
    await master.report(user.arn);
    const after = await Promise.all(
      [user.name, user.clone, user.master].map((name) => database.logins(name)),
    );
    const made = after.map((logins, index) => ({
      accepted: (logins?.accepted ?? Number.NaN) - (before[index]?.accepted ?? 0),
      rejected: (logins?.rejected ?? Number.NaN) - (before[index]?.rejected ?? 0),
    }));
    expect(made).toEqual([
      { accepted: 1, rejected: 0 },
      { accepted: 0, rejected: 0 },
      { accepted: 1, rejected: 0 },
    ]);
  });
});

const kept = new Map<string, object>();

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

async function withPassword(
  { sql, stack }: World,
  { arn, name }: { arn: string; name: string },
): Promise<void> {
  await sql(`ALTER ROLE ${name} PASSWORD '${(await stack.value(arn)).password}'`);
}

function prepared(
  { name, clone, master: admin }: { name: string; clone: string; master: string },
  marked: boolean,
): string[] {
  return [
    `CREATE ROLE ${clone} LOGIN PASSWORD '${randomUUID()}'`,
    `GRANT ${clone} TO ${admin} WITH ADMIN OPTION, INHERIT FALSE, SET FALSE`,
    ...(marked ? [`GRANT ${name} TO ${clone}`] : []),
  ];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : expect.fail("A TCP server has a port.");
}

/** Answers every first message with these bytes. */
async function listener(answer: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (answer !== "") socket.once("data", () => socket.write(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUp.defer(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address ? address.port : expect.fail("A TCP server has a port.");
}
