import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { certificateAuthority, type ServerCertificate } from "../../local/certificates.ts";
import { failedRotation } from "../support/failures.ts";
import { type Fixture, startDatabase, startPostgresStack } from "../support/fixture.ts";
import { reattempt } from "../support/operator.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { newUser, storedPassword, type User, whatApplicationsUse } from "../support/users.ts";

/** What a client asks first that wants TLS: a length of 8 and the code 80877103 (PostgreSQL manual, section 54.7). */
const TLS_REQUEST = Buffer.from("0000000804d2162f", "hex");

/** The first byte of a TLS record with a handshake or an alert. */
const TLS_RECORDS = [0x16, 0x15];

const OTHER_NAME = "db.internal.example";

await using started = new AsyncDisposableStack();
const authority = await certificateAuthority();
const stranger = await certificateAuthority();
const [good, otherName, expired, ofStranger, none] = await Promise.all([
  serverWith(await authority.issue({ hosts: ["localhost"] })),
  serverWith(await authority.issue({ hosts: [OTHER_NAME] })),
  serverWith(await authority.issue({ hosts: ["localhost"], expired: true })),
  serverWith(await stranger.issue({ hosts: ["localhost"] })),
  serverWith(false),
]);
const cleanUp = started.move();

afterAll(() => cleanUp.disposeAsync());

interface WatchedFixture extends Fixture {
  readonly proxy: TcpProxy;
}

/** A server that would take clear text as well, behind a proxy; the function trusts `authority` alone. */
async function serverWith(tls: ServerCertificate | false): Promise<WatchedFixture> {
  const database = started.use(await startDatabase({ tls, plainConnections: true }));
  const proxy = started.use(await startTcpProxy(database.address.port));
  const caFile = join(database.server.directory, "trusted.pem");
  await writeFile(caFile, authority.certificate);
  const stack = started.use(await startPostgresStack({ caFile }));
  return { database, stack, proxy };
}

function newWatchedUser(fixture: WatchedFixture, secret: Record<string, unknown> = {}): Promise<User> {
  return newUser(fixture, { secret: { port: fixture.proxy.port, ...secret } });
}

/** Of all connections so far: TLS was asked for, and whatever followed was a TLS record. */
function expectNoClearText({ proxy }: WatchedFixture, { username }: User): void {
  for (const sent of proxy.sent) {
    expect(sent.subarray(0, TLS_REQUEST.length)).toEqual(TLS_REQUEST);
    if (sent.length > TLS_REQUEST.length) expect(TLS_RECORDS).toContain(sent[TLS_REQUEST.length]);
    expect(sent.includes(username)).toBe(false);
  }
}

test.for([
  ["from an authority that the function does not know", ofStranger, "DATABASE_CA_FILE"],
  ["for another host name", otherName, "sslServerName"],
  ["that has expired", expired, "Renew the server's certificate"],
] as const)("V4 a certificate %s: no login, and never in plaintext", async ([, fixture, remedy]) => {
  const user = await newWatchedUser(fixture, { ssl: true });
  const before = await whatApplicationsUse(fixture, user);
  const connections = fixture.proxy.sent.length;

  const failure = await failedRotation(fixture.stack, user.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "tls" });
  expect(failure.message).toContain(remedy);
  expect(fixture.proxy.sent.length).toBe(connections + 1);
  expectNoClearText(fixture, user);
  expect(await fixture.database.logins(user.username)).toEqual({ accepted: 0, rejected: 0 });
  expect(await whatApplicationsUse(fixture, user)).toEqual(before);
});

test.for([
  ["no ssl key", {}],
  ["ssl: true", { ssl: true }],
] as const)(
  "V4 a server without TLS and a secret with %s: no login, and never in plaintext",
  async ([, secret]) => {
    const user = await newWatchedUser(none, secret);
    const before = await whatApplicationsUse(none, user);

    const failure = await failedRotation(none.stack, user.arn);

    expect(failure).toMatchObject({ step: "setSecret", reason: "tls" });
    expect(failure.message).toContain("does not offer TLS");
    expect(none.proxy.sent).toContainEqual(TLS_REQUEST);
    expectNoClearText(none, user);
    expect(await none.database.logins(user.username)).toEqual({ accepted: 0, rejected: 0 });
    expect(await whatApplicationsUse(none, user)).toEqual(before);
  },
);

test.for(["prefer", "allow", "disable", 0, 2, []])(
  "V3 ssl: %j is refused as malformed, without a login",
  async (ssl) => {
    const user = await newWatchedUser(good, { ssl });
    const before = await whatApplicationsUse(good, user);
    const connections = good.proxy.sent.length;

    const failure = await failedRotation(good.stack, user.arn);

    expect(failure).toMatchObject({ step: "createSecret", reason: "malformed-secret" });
    expect(failure.message).toContain('"ssl" must be true or false');
    expect(good.proxy.sent.length).toBe(connections);
    expect(await whatApplicationsUse(good, user)).toEqual(before);
  },
);

test.for([true, "true", "TRUE", "require", "verify-full", "", 1, null, undefined])(
  "V4 ssl: %j logs in over TLS only",
  async (ssl) => {
    const user = await newWatchedUser(good, { ssl });
    const connections = good.proxy.sent.length;

    const outcome = await good.stack.rotate(user.arn);

    expect(outcome.succeeded).toBe(true);
    expect(good.proxy.sent.length).toBe(connections + 2);
    expectNoClearText(good, user);
    expect(await good.database.logins(user.username)).toEqual({ accepted: 2, rejected: 0 });
  },
);

test.for(["localhost", "127.0.0.1"])(
  "sslServerName is the name that the certificate of %s must be for: the way through a CNAME",
  async (host) => {
    const user = await newWatchedUser(otherName, { host, sslServerName: OTHER_NAME });

    const outcome = await otherName.stack.rotate(user.arn);

    expect(outcome.succeeded).toBe(true);
    expectNoClearText(otherName, user);
    expect(await otherName.stack.value(user.arn)).toMatchObject({ host, sslServerName: OTHER_NAME });
  },
);

test("sslServerName does not weaken anything: a certificate for the host, but not for that name, is refused", async () => {
  const user = await newWatchedUser(good, { sslServerName: OTHER_NAME });

  const failure = await failedRotation(good.stack, user.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "tls" });
  expect(await good.database.logins(user.username)).toEqual({ accepted: 0, rejected: 0 });
});

test.for([false, "false", "False"])("ssl: %j works in plaintext if the server allows it", async (ssl) => {
  const user = await newWatchedUser(none, { ssl });

  const outcome = await none.stack.rotate(user.arn);

  expect(outcome.succeeded).toBe(true);
  expect(none.proxy.sent.at(-1)?.includes(user.username)).toBe(true);
  // SCRAM: neither the password nor its verifier crosses the wire when somebody logs in.
  const sent = Buffer.concat(none.proxy.sent);
  expect(sent.includes(user.password)).toBe(false);
  expect(sent.includes(String((await none.stack.value(user.arn)).password))).toBe(false);
  expect(sent.includes(await storedPassword(none.database.server, user.username))).toBe(true);
});

test("ssl: false fails where the server insists on TLS, and TLS is not tried behind the secret's back", async () => {
  await using strict = await startDatabase();
  await using stack = await startPostgresStack(strict);
  const fixture = { database: strict, stack };
  const user = await newUser(fixture, { secret: { ssl: false } });
  const before = await whatApplicationsUse(fixture, user);

  const failure = await failedRotation(stack, user.arn);

  expect(failure).toMatchObject({ step: "setSecret", reason: "login-not-allowed" });
  expect(failure.message).toContain("TLS");
  expect(await whatApplicationsUse(fixture, user)).toEqual(before);
  expect(await strict.server.log()).not.toContain(`user=${user.username} database=postgres SSL enabled`);
});

test("an unfinished rotation goes on once the certificate is right", async () => {
  const user = await newWatchedUser(ofStranger);
  const { server } = ofStranger.database;
  await failedRotation(ofStranger.stack, user.arn);

  const renewed = await authority.issue({ hosts: ["localhost"] });
  await writeFile(join(server.directory, "server.crt"), renewed.certificate);
  await writeFile(join(server.directory, "server.key"), renewed.key);
  await server.restart();

  expect(await reattempt(ofStranger.stack, user.arn)).toBe(true);
});
