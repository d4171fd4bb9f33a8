import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, expect, test } from "vitest";
import { certificateAuthority } from "../../local/certificates.ts";
import type { Login } from "../../shared/engine/engine.ts";
import { greeting, packet } from "../fuzzing/mysql-packets.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { failure, OWN, startLab } from "./given.ts";

const lab = await startLab();
const { database, session, newAccount } = lab;
afterAll(() => lab[Symbol.asyncDispose]());

function connect(changes: Partial<Login>, milliseconds?: number) {
  return lab.engine.connect(lab.login("app", "the-password", changes), lab.invocation(milliseconds));
}

/** A server that sends the same bytes to every client, and records the bytes that it receives. */
async function strangeServer(says: Buffer) {
  const heard: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on("data", (chunk) => heard.push(chunk)).on("error", () => {});
    socket.write(says);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number }; // The address of a TCP server is not a string.
  return {
    port,
    heard: () => Buffer.concat(heard).toString("latin1"),
    [Symbol.dispose]: () => void server.close(),
  };
}

test("host names are verified, those of sslServerName too", async () => {
  const { username, password } = await newAccount();
  const elsewhere = { serverName: "elsewhere.example" };

  const refused = await failure(connect({ tls: elsewhere }));

  expect(refused.reason).toBe("tls");
  expect(refused.message).toContain("sslServerName");
  await using viaAddress = await session(username, password, {
    host: "127.0.0.1",
    tls: { serverName: "localhost" },
  });
  expect(viaAddress).toBeDefined();
});

test("an IP address is verified as one: a certificate for localhost does not do", async () => {
  const refused = await failure(connect({ host: "127.0.0.1" }));

  expect(refused.reason).toBe("tls");
});

test("a certificate for the IP address does", async () => {
  const authority = await certificateAuthority();
  await using other = await startLab({ tls: await authority.issue({ hosts: ["127.0.0.1"] }) });
  const invocation = other.invocation();
  const { writeFile } = await import("node:fs/promises");
  await writeFile(other.database.caFile, authority.certificate);

  const opened = await other.engine.connect(other.login("nobody", "x", { host: "127.0.0.1" }), invocation);
  const refused = await failure(other.engine.connect(other.login("nobody", "x"), invocation));

  expect(opened).toBeUndefined();
  expect(refused.reason).toBe("tls");
});

test("refuses a certificate of an unknown CA", async () => {
  const settings = { ...lab.invocation().settings, DATABASE_CA_FILE: undefined };

  const refused = await failure(lab.engine.connect(lab.login("app", "x"), { ...lab.invocation(), settings }));

  // The build puts Amazon's root certificates beside the bundle. There are none beside the source.
  expect(refused.reason).toBe("tls");
});

test("a server without TLS hears no user name and no password", async () => {
  using server = await strangeServer(greeting({ tls: false }));

  const refused = await failure(connect({ port: server.port }));

  expect(refused.reason).toBe("tls");
  expect(refused.message).toContain("does not offer TLS");
  expect(server.heard()).toBe("");
});

test("without TLS, if the secret says so, the password still does not travel as it is", async () => {
  await using plain = await startLab({ plainConnections: true });
  const { username, password } = await plain.newAccount();
  await using proxy = await startTcpProxy(plain.database.server.port);

  await using own = await plain.session(username, password, { port: proxy.port, tls: false });

  expect(own).toBeDefined();
  expect(Buffer.concat(proxy.sent).toString("latin1")).not.toContain(password);
});

test("mysql_clear_password is refused", async () => {
  const wanted = packet(2, Buffer.from("\xfemysql_clear_password\0", "latin1"));
  using server = await strangeServer(Buffer.concat([greeting({ tls: false }), wanted]));

  const refused = await failure(connect({ port: server.port, tls: false }));

  expect(refused.reason).toBe("unsupported");
  expect(server.heard()).not.toContain("the-password");
});

const SLIPPED_IN = {
  "another authentication": packet(2, Buffer.from(`\xfesha256_password\0${"x".repeat(20)}\0`, "latin1")),
  "a rejection": packet(2, Buffer.from("\xff\x15\x04#28000Access denied", "latin1")),
};

test.each(Object.entries(SLIPPED_IN))(
  "%s slipped in before TLS begins is not believed",
  async (_, slippedIn) => {
    using server = await strangeServer(Buffer.concat([greeting({}), slippedIn]));

    const refused = await failure(connect({ port: server.port }));

    expect(refused.reason).toBe("tls");
    expect(server.heard()).not.toContain("app");
  },
);

test("does not believe a plaintext rejection in place of a greeting", async () => {
  using server = await strangeServer(packet(0, Buffer.from("\xff\x15\x04#28000Access denied", "latin1")));

  const refused = await failure(connect({ port: server.port }));

  expect(refused.reason).toBe("tls");
});

test("a server that has no connection left says so instead of a greeting", async () => {
  using server = await strangeServer(packet(0, Buffer.from("\xff\x10\x04Too many connections", "latin1")));

  expect((await failure(connect({ port: server.port }))).reason).toBe("connection-limit");
});

test.each([{ says: "" }, { says: greeting({}) }])(
  "V6 a server that accepts the connection and stays silent: an error in good time",
  async ({ says }) => {
    using server = await strangeServer(Buffer.from(says));
    const began = performance.now();

    const refused = await failure(connect({ port: server.port }, 1000));

    expect(performance.now() - began).toBeLessThan(1000);
    expect(refused.reason).toBe("unavailable");
    expect(refused.message).toContain("did not answer within");
  },
);

test("the deadline's signal ends a session", async () => {
  const { username, password } = await newAccount();
  const invocation = lab.invocation(3000);
  const own = await lab.engine.connect(lab.login(username, password), invocation);

  invocation.deadline[Symbol.dispose]();

  expect((await failure(own?.changeOwnPassword("second", OWN) ?? Promise.resolve())).reason).toBe(
    "unavailable",
  );
  await own?.[Symbol.asyncDispose]();
  expect(await database.accepts(username, password)).toBe(true);
});

test("an RDS Proxy is refused before a name is looked up", async () => {
  const refused = await failure(connect({ host: "app.proxy-abc123.eu-west-1.rds.amazonaws.com" }));

  expect(refused.reason).toBe("unsupported");
  expect(refused.message).toContain("RDS Proxy");
});

test("a proxy that hands out the server's sessions is refused: it greets with a number of its own", async () => {
  const { username, password } = await newAccount();
  await using proxy = await startTcpProxy(database.server.port);
  using renumbering = await renumberingProxy(proxy.port);

  const refused = await failure(
    lab.engine.connect(lab.login(username, password, { port: renumbering.port }), lab.invocation()),
  );

  expect(refused.reason).toBe("unsupported");
});

async function renumberingProxy(target: number) {
  const { connect } = await import("node:net");
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    upstream.once("data", (chunk) => {
      const number = chunk.indexOf(0, 5) + 1; // After the version, which ends with a zero byte.
      chunk.writeUInt32LE(chunk.readUInt32LE(number) + 1000, number);
      client.write(chunk);
      upstream.pipe(client);
    });
    client.pipe(upstream);
    for (const side of [client, upstream]) side.on("error", () => {}).on("close", () => client.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return { port, [Symbol.dispose]: () => void server.close() };
}

test("the general log shows no connection that goes on after a session was disposed of", async () => {
  const { username, password } = await newAccount();

  await (await session(username, password))[Symbol.asyncDispose]();

  await expect
    .poll(() => lab.sql(`SELECT 1 FROM information_schema.processlist WHERE USER = '${username}'`))
    .toEqual([]);
});
